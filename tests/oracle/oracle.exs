# Runs scenarios on the real OTP: reads them from its input (text.rs describes it), prints a trace of each
# (trace.rs). One VM runs them all, many at a time; each has processes of its own, which are killed when it
# is over.
#
# It is the counterpart of interpret.rs, world.rs, worker.rs, relations.rs, tree.rs and supervisors.rs, in this order:
# Words, World, Relations, Worker, Tree, Supervisors, Main.

defmodule Words do
  @moduledoc "Scenarios from text, and reasons to text."

  def scenarios(text) do
    text
    |> String.split("\n", trim: true)
    |> Enum.reject(&String.starts_with?(&1, "#"))
    |> Enum.chunk_while([], &chunk/2, fn [] -> {:cont, []} end)
    |> Enum.map(&scenario/1)
  end

  defp chunk("done", lines), do: {:cont, Enum.reverse(lines), []}
  defp chunk(line, lines), do: {:cont, [line | lines]}

  defp scenario(["scenario " <> name | lines]) do
    {steps, nodes} = Enum.split_with(lines, &String.starts_with?(&1, "do "))
    nodes = Enum.map(nodes, &place/1)
    %{name: name, nodes: nodes, steps: for("do " <> step <- steps, do: step), top: hd(nodes)}
  end

  defp place(line) do
    [kind, name, under | options] = String.split(line)
    options = Map.new(options, &(&1 |> String.split("=") |> List.to_tuple()))
    %{kind: kind, name: name, under: if(under != "-", do: under), options: options}
  end

  def find(scenario, name), do: Enum.find(scenario.nodes, &(&1.name == name))

  def children(scenario, name) do
    Enum.filter(scenario.nodes, &(&1.under == name and &1.options["spare"] == "no"))
  end

  def number(text), do: String.to_integer(text)

  @doc "`a:b:c` → `{a, b:c}`"
  def head(text) do
    case String.split(text, ":", parts: 2) do
      [head, rest] -> {head, rest}
      [head] -> {head, ""}
    end
  end

  def reason("shutdown:" <> word), do: {:shutdown, String.to_atom(word)}
  def reason(word), do: String.to_atom(word)

  def shutdown("brutal"), do: :brutal_kill
  def shutdown("infinity"), do: :infinity
  def shutdown(time), do: number(time)

  def text({:shutdown, {:failed_to_start_child, id, reason}}), do: "failed:#{id}:#{text(reason)}"
  def text({:shutdown, word}) when is_atom(word), do: "shutdown:#{word}"
  def text({%RuntimeError{}, [_ | _]}), do: "crash"
  def text({reason, {GenServer, :call, _}}), do: "call:#{text(reason)}"
  def text(reason) when is_atom(reason), do: Atom.to_string(reason)
  def text(reason), do: "unexpected #{inspect(reason)}"

  @doc "Runs a call; what it exits with is an answer too."
  def answer(call) do
    call.()
  catch
    :exit, {reason, {module, _, _}} when module in [GenServer, :sys] -> "exit #{text(reason)}"
    :exit, reason -> "exit #{text(reason)}"
  end
end

defmodule World do
  @moduledoc "The collector of one scenario: hears of all that happens, and watches everybody."
  use GenServer

  def new(scenario) do
    {:ok, collector} = GenServer.start(__MODULE__, self())
    %{scenario: scenario, collector: collector, main: self()}
  end

  def register(world, place) do
    GenServer.call(world.collector, {:register, line(world, place, [self() | ancestors()])})
  end

  def up(world, place, pid) do
    GenServer.call(world.collector, {:up, line(world, place, [pid, self() | ancestors()])})
  end

  def note(world, event), do: send(world.collector, {:note, event})

  def latest(world, "main"), do: world.main
  def latest(world, place), do: GenServer.call(world.collector, {:latest, place})

  def worker(world, place) do
    node = Words.find(world.scenario, place)
    if node && node.kind == "worker", do: latest(world, place)
  end

  def who(world, pid), do: GenServer.call(world.collector, {:who, pid})
  def look(world), do: GenServer.call(world.collector, :look)
  def take_events(world), do: GenServer.call(world.collector, :take_events)

  defp ancestors, do: Process.get(:"$ancestors", [])

  defp line(world, place, pids) do
    place
    |> Stream.iterate(&(Words.find(world.scenario, &1).under || "main"))
    |> Stream.take_while(&(&1 != "main"))
    |> Enum.zip(pids)
  end

  @impl true
  def init(main) do
    {:ok, %{events: [], seen: 0, known: %{main => "main"}, latest: %{}, alive: %{}}}
  end

  @impl true
  def handle_call({:register, line}, _from, state) do
    {who, state} = enter_line(state, line)
    {:reply, who, state}
  end

  def handle_call({:up, line}, _from, state) do
    {who, state} = enter_line(state, line)
    {:reply, :ok, push(state, "up #{who}")}
  end

  def handle_call({:latest, place}, _from, state) do
    {:reply, with({_, pid} <- state.latest[place], do: pid), state}
  end

  def handle_call({:who, pid}, _from, state) do
    {:reply, Map.get(state.known, pid, "unknown"), state}
  end

  def handle_call(:look, _from, state), do: {:reply, {state.seen, Map.keys(state.alive)}, state}

  def handle_call(:take_events, _from, state) do
    {:reply, Enum.reverse(state.events), %{state | events: []}}
  end

  @impl true
  def handle_info({:note, event}, state), do: {:noreply, push(state, event)}

  def handle_info({:DOWN, _, :process, pid, reason}, state) do
    state = %{state | alive: Map.delete(state.alive, pid)}
    {:noreply, push(state, "end #{state.known[pid]} #{Words.text(reason)}")}
  end

  # Those of a line that are not known yet, from the top down.
  defp enter_line(state, line) do
    line
    |> Enum.reverse()
    |> Enum.reduce({"main", state}, fn {place, pid}, {under, state} ->
      case state.known do
        %{^pid => who} -> {who, state}
        %{} -> enter(state, place, pid, under)
      end
    end)
  end

  defp enter(state, place, pid, under) do
    {number, _} = Map.get(state.latest, place, {0, nil})
    who = "#{place}##{number + 1}"
    Process.monitor(pid)

    state = %{
      state
      | known: Map.put(state.known, pid, who),
        latest: Map.put(state.latest, place, {number + 1, pid}),
        alive: Map.put(state.alive, pid, who)
    }

    {who, push(state, "start #{who} #{under}")}
  end

  defp push(state, event), do: %{state | events: [event | state.events], seen: state.seen + 1}
end

defmodule Relations do
  @moduledoc "What workers and main do alike: link, monitor, trap exits, and tell what they received."

  def new(traps), do: %{traps: traps, monitors: []}

  def perform(own, _world, "trap:" <> flag) do
    Process.flag(:trap_exit, flag == "yes")
    {"ok", %{own | traps: flag == "yes"}}
  end

  def perform(own, _world, "echo"), do: {"ok", own}

  def perform(own, world, op) do
    {verb, other} = Words.head(op)

    case World.latest(world, other) do
      nil -> {"absent", own}
      pid -> relate(own, verb, other, pid)
    end
  end

  defp relate(own, "link", _other, pid) do
    if own.traps or Process.alive?(pid) do
      Process.link(pid)
      {"ok", own}
    else
      {"dead", own}
    end
  end

  defp relate(own, "unlink", _other, pid) do
    Process.unlink(pid)
    {"ok", own}
  end

  defp relate(own, "monitor", other, pid) do
    {"ok", %{own | monitors: [{other, Process.monitor(pid)} | own.monitors]}}
  end

  defp relate(own, "demonitor", other, _pid) do
    case List.keytake(own.monitors, other, 0) do
      {{_, ref}, monitors} ->
        Process.demonitor(ref)
        {"ok", %{own | monitors: monitors}}

      nil ->
        {"ok", own}
    end
  end

  def received(world, who, {:message, from, number}) do
    got(world, who, from, "message #{number}")
  end

  def received(world, who, {:EXIT, from, reason}) do
    got(world, who, from, "exit #{Words.text(reason)}")
  end

  def received(world, who, {:DOWN, _, :process, from, reason}) do
    got(world, who, from, "down #{Words.text(reason)}")
  end

  defp got(world, who, from, what) do
    World.note(world, "got #{who} #{World.who(world, from)} #{what}")
  end
end

defmodule Worker do
  @moduledoc "The worker of a scenario."
  use GenServer

  @call_timeout 5_000
  @silent_timeout 20

  def start_link(world, place), do: GenServer.start_link(__MODULE__, {world, place})

  def ask(pid, op) do
    timeout = if op == "silent", do: @silent_timeout, else: @call_timeout
    GenServer.call(pid, {:op, op}, timeout)
  end

  @impl true
  def init({world, place}) do
    me = World.register(world, place)
    options = Words.find(world.scenario, place).options
    traps = options["trap"] == "yes"
    Process.flag(:trap_exit, traps)

    state = %{
      world: world,
      me: me,
      ending: options["end"],
      relations: Relations.new(traps),
      ends_by_itself: false
    }

    options["init"] |> plan(me) |> Words.head() |> begin(state)
  end

  defp plan(inits, me) do
    inits = String.split(inits, ",")
    [_, incarnation] = String.split(me, "#")
    Enum.at(inits, Words.number(incarnation) - 1, List.last(inits))
  end

  defp begin({"ok", ""}, state), do: {:ok, state}
  defp begin({"ignore", ""}, _state), do: :ignore
  defp begin({"crash", ""}, _state), do: raise("as told")
  defp begin({"stop", reason}, _state), do: {:stop, Words.reason(reason)}
  defp begin({"exit", reason}, _state), do: exit(Words.reason(reason))

  @impl true
  def handle_call({:op, op}, _from, state) do
    case perform(op |> Words.head(), op, state) do
      {:answer, answer, state} -> {:reply, answer, state}
      {:stop, reason, state} -> {:stop, reason, "ok", state}
      {:silent, state} -> {:noreply, state}
    end
  end

  @impl true
  def handle_cast({:op, op}, state) do
    case perform(op |> Words.head(), op, state) do
      {:answer, _answer, state} -> {:noreply, state}
      {:stop, reason, state} -> {:stop, reason, state}
      {:silent, state} -> {:noreply, state}
    end
  end

  # An exit in a handler loses the state that the handler has made; so the flag is kept beside it.
  defp by_itself, do: Process.put(:ends_by_itself, true)

  defp perform({"silent", ""}, _op, state), do: {:silent, state}
  defp perform({"crash", ""}, _op, _state), do: raise("as told")

  defp perform({"exit", reason}, _op, _state) do
    by_itself()
    exit(Words.reason(reason))
  end

  defp perform({"stop", reason}, _op, state) do
    by_itself()
    {:stop, Words.reason(reason), state}
  end

  defp perform({"signal", reason}, _op, state) do
    Process.exit(self(), Words.reason(reason))
    {:answer, "ok", state}
  end

  defp perform({"burst", rest}, _op, state) do
    [to, count, reason] = String.split(rest, ":", parts: 3)
    pid = World.latest(state.world, to)
    if pid, do: for(number <- 1..Words.number(count), do: send(pid, {:message, self(), number}))
    by_itself()
    exit(Words.reason(reason))
  end

  defp perform({"relay", rest}, _op, state) do
    {to, op} = Words.head(rest)

    case World.worker(state.world, to) do
      nil -> {:answer, "absent", state}
      pid -> {:answer, ask(pid, op), state}
    end
  end

  defp perform(_head, op, state) do
    {answer, relations} = Relations.perform(state.relations, state.world, op)
    {:answer, answer, %{state | relations: relations}}
  end

  @impl true
  def handle_info(message, state) do
    Relations.received(state.world, state.me, message)
    {:noreply, state}
  end

  @impl true
  def terminate(reason, state) do
    World.note(state.world, "terminate #{state.me} #{Words.text(reason)}")

    if reason == :shutdown and not Process.get(:ends_by_itself, false) do
      state.ending |> Words.head() |> ending()
    end
  end

  defp ending({"obey", ""}), do: :ok
  defp ending({"exit", reason}), do: exit(Words.reason(reason))
  defp ending({"crash", ""}), do: raise("as told")

  defp ending({"stubborn", ""}) do
    receive do
      :never -> :ok
    end
  end
end

defmodule Tree do
  @moduledoc "Builds the tree of a scenario."
  @behaviour :supervisor

  def spec(world, node) do
    options = node.options

    %{
      id: node.name,
      start: {__MODULE__, :start, [world, node]},
      restart: String.to_atom(options["restart"]),
      shutdown: Words.shutdown(options["shutdown"]),
      significant: options["significant"] == "yes",
      type: if(node.kind == "worker", do: :worker, else: :supervisor),
      modules: [__MODULE__]
    }
  end

  def start(world, %{kind: "worker"} = node), do: Worker.start_link(world, node.name)

  def start(world, node) do
    with {:ok, pid} <- start_supervisor(world, node) do
      World.up(world, node.name, pid)
      {:ok, pid}
    end
  end

  defp start_supervisor(world, %{kind: "supervisor"} = node) do
    :supervisor.start_link(__MODULE__, {world, node})
  end

  defp start_supervisor(_world, %{kind: "dynamic", options: options}) do
    max = options["max"]

    DynamicSupervisor.start_link(
      strategy: :one_for_one,
      max_children: if(max == "infinity", do: :infinity, else: Words.number(max)),
      max_restarts: Words.number(options["restarts"]),
      max_seconds: Words.number(options["seconds"])
    )
  end

  @impl true
  def init({world, %{options: options} = node}) do
    flags = %{
      strategy: String.to_atom(options["strategy"]),
      intensity: Words.number(options["restarts"]),
      period: Words.number(options["seconds"]),
      auto_shutdown: String.to_atom(options["auto"])
    }

    {:ok, {flags, Enum.map(Words.children(world.scenario, node.name), &spec(world, &1))}}
  end

  @doc "A child that does not start before it is told to, and ignores then: its supervisor waits, and keeps nothing of it."
  def gate(main) do
    %{id: "gate", start: {__MODULE__, :start_gate, [main]}, restart: :temporary}
  end

  def start_gate(main), do: GenServer.start_link(Gate, main)
end

defmodule Gate do
  use GenServer

  @impl true
  def init(main) do
    send(main, {:gate, self()})

    receive do
      :open -> :ignore
    end
  end
end

defmodule Supervisors do
  @moduledoc "What main asks of supervisors of both kinds, and their answers in words."

  def start("dynamic", pid, spec) do
    DynamicSupervisor.start_child(pid, Map.drop(spec, [:significant]))
  end

  def start(_kind, pid, spec), do: Supervisor.start_child(pid, spec)

  def started(world, result) do
    case result do
      {:ok, :undefined} -> "ok undefined"
      {:ok, pid} -> "ok #{World.who(world, pid)}"
      :ignore -> "ignore"
      {:error, {:already_started, _}} -> "error already_started"
      {:error, {reason, child}} when elem(child, 0) == :child -> "error #{Words.text(reason)}"
      {:error, reason} -> "error #{Words.text(reason)}"
    end
  end

  def terminate("dynamic", _supervisor, _id, nil), do: "absent"

  def terminate("dynamic", supervisor, _id, pid) do
    supervisor |> DynamicSupervisor.terminate_child(pid) |> finished()
  end

  def terminate(_kind, supervisor, id, _pid) do
    supervisor |> Supervisor.terminate_child(id) |> finished()
  end

  def restart("dynamic", _world, _supervisor, _id), do: "absent"

  def restart(_kind, world, supervisor, id) do
    started(world, Supervisor.restart_child(supervisor, id))
  end

  def delete("dynamic", _supervisor, _id), do: "absent"
  def delete(_kind, supervisor, id), do: supervisor |> Supervisor.delete_child(id) |> finished()

  defp finished(:ok), do: "ok"
  defp finished({:error, reason}), do: "error #{reason}"

  def which("dynamic", world, supervisor) do
    rows = for {_, status, _, _} <- DynamicSupervisor.which_children(supervisor), do: status
    rows |> Enum.map(&status(world, &1)) |> Enum.sort() |> Enum.join(",")
  end

  def which(_kind, world, supervisor) do
    Enum.map_join(Supervisor.which_children(supervisor), ",", fn {id, status, _, _} ->
      "#{id}=#{status(world, status)}"
    end)
  end

  defp status(world, pid) when is_pid(pid), do: World.who(world, pid)
  defp status(_world, status), do: Atom.to_string(status)

  def count("dynamic", supervisor), do: supervisor |> DynamicSupervisor.count_children() |> counts()
  def count(_kind, supervisor), do: supervisor |> Supervisor.count_children() |> counts()

  defp counts(counts) do
    "#{counts.specs}/#{counts.active}/#{counts.workers}/#{counts.supervisors}"
  end
end

defmodule Main do
  @moduledoc "The process that runs the steps."

  # So often must all be found at rest, with nothing new.
  @looks 3
  # What the steps between two waits may take before a period of seconds can no longer be relied on.
  @late_ms 200
  @stuck_ms 20_000

  defstruct [:world, :relations, held: %{}]

  @doc "The trace of a scenario; `:late` if the machine was too slow for its periods."
  def run(scenario) do
    Process.flag(:trap_exit, true)
    main = %__MODULE__{world: World.new(scenario), relations: Relations.new(true)}
    began = now()
    begin = turn(main, "begin", begin(main))
    {turns, {main, late?, _}} = Enum.map_reduce(scenario.steps, {main, false, began}, &timed/2)
    last = turn(main, "end", survey(main))
    clean_up(main.world)
    short? = Enum.any?(scenario.nodes, &(Words.number(&1.options["seconds"] || "1000") < 100))
    if late? and short?, do: :late, else: [begin, turns, last]
  end

  defp timed(step, {main, late?, since}) do
    {result, main} = step(main, String.split(step))
    since = if String.starts_with?(step, "wait "), do: now(), else: since
    turn = turn(main, step, result)
    {turn, {main, late? or now() - since > @late_ms, since}}
  end

  defp now, do: System.monotonic_time(:millisecond)

  defp turn(main, step, result) do
    wait_for_quiet(main, {0, nil}, now())
    events = World.take_events(main.world)
    ["step #{step}\n", Enum.map(events, &[&1, "\n"]), "result #{result}\n"]
  end

  defp wait_for_quiet(_main, {@looks, _seen}, _since), do: :ok

  defp wait_for_quiet(main, {looks, before}, since) do
    if now() - since > @stuck_ms, do: raise("no quiet in #{main.world.scenario.name}")
    drain(main.world)
    {seen, alive} = World.look(main.world)
    quiet? = Enum.all?(alive, &at_rest?(main, &1))
    Process.sleep(1)
    looks = if quiet? and seen == before, do: looks + 1, else: 0
    wait_for_quiet(main, {looks, seen}, since)
  end

  defp drain(world) do
    receive do
      {tag, _, _} = message when tag in [:message, :EXIT] ->
        Relations.received(world, "main", message)
        drain(world)

      {:DOWN, _, _, _, _} = message ->
        Relations.received(world, "main", message)
        drain(world)
    after
      0 -> :ok
    end
  end

  # A supervisor that is held waits for its gate; what waits for it stays in its mailbox.
  defp at_rest?(main, pid) do
    Enum.any?(main.held, fn {_, {held, _}} -> held == pid and Process.alive?(pid) end) or
      case Process.info(pid, [:message_queue_len, :current_function]) do
        [message_queue_len: 0, current_function: {:gen_server, :loop, _}] -> true
        [message_queue_len: _, current_function: {:sys, :suspend_loop, _}] -> true
        _ -> false
      end
  end

  defp begin(main) do
    case Tree.start(main.world, main.world.scenario.top) do
      {:ok, _} -> "ok"
      {:error, reason} -> "error #{Words.text(reason)}"
    end
  end

  defp step(main, [verb, "main", op]) when verb in ["call", "cast"] do
    {answer, relations} = Relations.perform(main.relations, main.world, op)
    {answer, %{main | relations: relations}}
  end

  defp step(main, ["hold", name]) do
    case World.latest(main.world, name) do
      nil -> {"absent", main}
      pid -> hold(main, name, pid)
    end
  end

  defp step(main, ["release", name]) do
    {held, rest} = Map.pop(main.held, name)
    with {_, gate} <- held, do: send(gate, :open)
    {"ok", %{main | held: rest}}
  end

  defp step(main, words), do: {catch_absent(fn -> result(main, words) end), main}

  defp hold(main, name, pid) do
    if Process.alive?(pid) do
      {kind, spec, self} = {kind(main, name), Tree.gate(self()), self()}
      spawn(fn -> Words.answer(fn -> Supervisors.start(kind, pid, spec) && self end) end)

      receive do
        {:gate, gate} -> {"ok", %{main | held: Map.put(main.held, name, {pid, gate})}}
      end
    else
      {"exit noproc", main}
    end
  end

  defp result(_main, ["wait", time]) do
    Process.sleep(Words.number(time))
    "ok"
  end

  defp result(main, ["exit", name, reason]) do
    Process.exit(pid(main, name), Words.reason(reason))
    "ok"
  end

  defp result(main, ["call", name, op]) do
    worker = worker(main, name)
    Words.answer(fn -> Worker.ask(worker, op) end)
  end

  defp result(main, ["cast", name, op]) do
    GenServer.cast(worker(main, name), {:op, op})
    "ok"
  end

  defp result(main, ["stop", name, reason]) do
    pid = pid(main, name)
    Words.answer(fn -> GenServer.stop(pid, Words.reason(reason)) && "ok" end)
  end

  defp result(main, ["suspend", name]) do
    pid = pid(main, name)
    Words.answer(fn -> pid |> :sys.suspend() |> Atom.to_string() end)
  end

  defp result(main, ["resume", name]) do
    pid = pid(main, name)
    Words.answer(fn -> pid |> :sys.resume() |> Atom.to_string() end)
  end

  defp result(main, ["start", name]) do
    {kind, supervisor} = above(main, name)
    spec = Tree.spec(main.world, place(main, name))

    Words.answer(fn ->
      Supervisors.started(main.world, Supervisors.start(kind, supervisor, spec))
    end)
  end

  defp result(main, ["terminate", name]) do
    {kind, supervisor} = above(main, name)
    latest = World.latest(main.world, name)
    Words.answer(fn -> Supervisors.terminate(kind, supervisor, name, latest) end)
  end

  defp result(main, ["restart", name]) do
    {kind, supervisor} = above(main, name)
    Words.answer(fn -> Supervisors.restart(kind, main.world, supervisor, name) end)
  end

  defp result(main, ["delete", name]) do
    {kind, supervisor} = above(main, name)
    Words.answer(fn -> Supervisors.delete(kind, supervisor, name) end)
  end

  defp result(main, ["which", name]) do
    supervisor = pid(main, name)
    Words.answer(fn -> Supervisors.which(kind(main, name), main.world, supervisor) end)
  end

  defp result(main, ["count", name]) do
    supervisor = pid(main, name)
    Words.answer(fn -> Supervisors.count(kind(main, name), supervisor) end)
  end

  # Where all supervisors stand that are alive.
  defp survey(main) do
    main.world.scenario.nodes
    |> Enum.filter(&(&1.kind != "worker"))
    |> Enum.map(&{&1.name, World.latest(main.world, &1.name)})
    |> Enum.filter(fn {_, pid} -> pid && Process.alive?(pid) end)
    |> Enum.map_join(" ; ", fn {name, pid} ->
      kind = kind(main, name)
      "#{name}: #{Supervisors.which(kind, main.world, pid)} | #{Supervisors.count(kind, pid)}"
    end)
  end

  defp kind(main, name), do: place(main, name).kind
  defp place(main, name), do: Words.find(main.world.scenario, name) || throw(:absent)
  defp pid(main, name), do: World.latest(main.world, name) || throw(:absent)
  defp worker(main, name), do: World.worker(main.world, name) || throw(:absent)

  defp above(main, name) do
    under = place(main, name).under || throw(:absent)
    {kind(main, under), pid(main, under)}
  end

  # Nothing has ever been started there.
  defp catch_absent(step) do
    step.()
  catch
    :absent -> "absent"
  end

  defp clean_up(world) do
    case World.look(world) do
      {_, []} ->
        GenServer.stop(world.collector)

      {_, alive} ->
        Enum.each(alive, &Process.exit(&1, :kill))
        Process.sleep(1)
        clean_up(world)
    end
  end
end

defmodule Oracle do
  @at_a_time 64
  @attempts 10

  def main do
    :logger.set_primary_config(:level, :none)

    :stdio
    |> IO.read(:eof)
    |> Words.scenarios()
    |> Task.async_stream(&trace(&1, @attempts), max_concurrency: @at_a_time, timeout: :infinity)
    |> Enum.each(fn {:ok, trace} -> IO.write(trace) end)
  end

  defp trace(scenario, attempts) do
    {pid, ref} = spawn_monitor(fn -> exit({:trace, Main.run(scenario)}) end)

    receive do
      {:DOWN, ^ref, :process, ^pid, {:trace, :late}} when attempts > 0 ->
        trace(scenario, attempts - 1)

      {:DOWN, ^ref, :process, ^pid, {:trace, turns}} when is_list(turns) ->
        ["trace #{scenario.name}\n", "oracle #{version()}\n" | turns]

      {:DOWN, ^ref, :process, ^pid, reason} ->
        raise "scenario #{scenario.name}: #{inspect(reason)}"
    end
  end

  defp version do
    erts = :erlang.system_info(:version)
    "OTP #{System.otp_release()} (erts #{erts}), Elixir #{System.version()}"
  end
end

Oracle.main()
