# The rows of the table with Elixir's GenServer; a line a row: name, minimum and median in nanoseconds an operation, between tabs.
#
#   elixir --erl "+S 1 +P 2000000" benches/elixir/bench.exs [REPETITIONS [SCALE]]
#
# What a row counts stands in the head of its file in `benches/src`. Every repetition runs in a fresh process, as every side there.

defmodule Store do
  use GenServer

  def init(map), do: {:ok, {map, 0}}

  def handle_call(:empty, _from, {_map, count} = state), do: {:reply, count, state}
  def handle_call({:fetch, key}, _from, {map, _count} = state), do: {:reply, Map.get(map, key), state}

  def handle_cast({:add, by}, {map, count}), do: {:noreply, {map, count + by}}
  def handle_cast(:crash, _state), do: raise("crash")
end

defmodule Node_ do
  use GenServer

  def init(done), do: {:ok, {nil, done}}

  def handle_cast({:connect, next}, {_next, done}), do: {:noreply, {next, done}}

  def handle_cast({:pass, 0}, {_next, done} = state) do
    send(done, :done)
    {:noreply, state}
  end

  def handle_cast({:pass, left}, {next, _done} = state) do
    GenServer.cast(next, {:pass, left - 1})
    {:noreply, state}
  end
end

defmodule Member do
  use GenServer

  def start_link({caller, 0}), do: GenServer.start_link(__MODULE__, caller, name: __MODULE__)
  def start_link({caller, _number}), do: GenServer.start_link(__MODULE__, caller)

  def init(caller) do
    send(caller, :started)
    {:ok, nil}
  end

  def handle_cast(:crash, _state), do: raise("crash")
end

defmodule Bench do
  @key "key-000511"

  def entries, do: Map.new(0..1023, &{"key-" <> String.pad_leading("#{&1}", 6, "0"), &1})

  defp start(map \\ %{}) do
    {:ok, pid} = GenServer.start_link(Store, map)
    pid
  end

  # Nanoseconds of `work`.
  defp took(work) do
    began = System.monotonic_time(:nanosecond)
    work.()
    System.monotonic_time(:nanosecond) - began
  end

  defp times(0, _work), do: :ok

  defp times(count, work) do
    work.()
    times(count - 1, work)
  end

  defp empties(_pid, _timeout, 0), do: :ok

  defp empties(pid, timeout, count) do
    0 = GenServer.call(pid, :empty, timeout)
    empties(pid, timeout, count - 1)
  end

  defp fetches(_pid, 0), do: :ok

  defp fetches(pid, count) do
    511 = GenServer.call(pid, {:fetch, @key}, :infinity)
    fetches(pid, count - 1)
  end

  defp casts(_pid, 0), do: :ok

  defp casts(pid, count) do
    GenServer.cast(pid, {:add, 1})
    casts(pid, count - 1)
  end

  def empty(count) do
    pid = start(entries())
    took(fn -> empties(pid, :infinity, count) end)
  end

  def empty_within(count) do
    pid = start(entries())
    took(fn -> empties(pid, 5000, count) end)
  end

  def fetch(count) do
    pid = start(entries())
    took(fn -> fetches(pid, count) end)
  end

  def fetch_named(count) do
    {:ok, pid} = GenServer.start_link(Store, entries(), name: Store)
    time = took(fn -> fetches(Store, count) end)
    GenServer.stop(pid)
    time
  end

  def callers(count) do
    pid = start(entries())

    took(fn ->
      1..64
      |> Enum.map(fn _ -> Task.async(fn -> empties(pid, :infinity, div(count, 64)) end) end)
      |> Enum.each(&Task.await(&1, :infinity))
    end)
  end

  def cast(count) do
    pid = start()

    took(fn ->
      casts(pid, count)
      ^count = GenServer.call(pid, :empty, :infinity)
    end)
  end

  def two_producers(count) do
    pid = start()

    took(fn ->
      1..2
      |> Enum.map(fn _ -> Task.async(fn -> casts(pid, div(count, 2)) end) end)
      |> Enum.each(&Task.await(&1, :infinity))

      ^count = GenServer.call(pid, :empty, :infinity)
    end)
  end

  def in_turn(count) do
    pids = for _ <- 1..100, do: start()

    took(fn ->
      times(div(count, 100), fn -> Enum.each(pids, &GenServer.cast(&1, {:add, 1})) end)
      ^count = pids |> Enum.map(&GenServer.call(&1, :empty, :infinity)) |> Enum.sum()
    end)
  end

  def ring(count) do
    pids = for _ <- 1..1000, do: GenServer.start_link(Node_, self()) |> elem(1)
    Enum.zip(pids, tl(pids) ++ [hd(pids)]) |> Enum.each(fn {pid, next} -> GenServer.cast(pid, {:connect, next}) end)

    took(fn ->
      GenServer.cast(hd(pids), {:pass, count})

      receive do
        :done -> :ok
      end
    end)
  end

  defp grow(parent, first, leaves) do
    spawn_link(fn ->
      if leaves == 1 do
        send(parent, {:sum, first})
      else
        below = div(leaves, 10)
        for child <- 0..9, do: grow(self(), first + child * below, below)
        send(parent, {:sum, sum(10, 0)})
      end
    end)
  end

  defp sum(0, sum), do: sum

  defp sum(left, sum) do
    receive do
      {:sum, one} -> sum(left - 1, sum + one)
    end
  end

  def skynet(count) do
    took(fn ->
      grow(self(), 0, count)
      expected = div(count * (count - 1), 2)
      ^expected = sum(1, 0)
    end)
  end

  def start_many(count) do
    began = System.monotonic_time(:nanosecond)
    pids = for _ <- 1..count, do: start()
    time = System.monotonic_time(:nanosecond) - began
    Enum.each(pids, &GenServer.stop/1)
    time
  end

  def stop_many(count) do
    pids = for _ <- 1..count, do: start()
    took(fn -> Enum.each(pids, &GenServer.stop/1) end)
  end

  defp holder do
    case Process.whereis(Store) do
      nil ->
        :erlang.yield()
        holder()

      pid ->
        pid
    end
  end

  def restart(count) do
    child = %{id: Store, start: {GenServer, :start_link, [Store, %{}, [name: Store]]}}
    {:ok, supervisor} = Supervisor.start_link([child], strategy: :one_for_one, max_restarts: 10_000_000)

    time =
      took(fn ->
        times(count, fn ->
          ref = Process.monitor(holder())
          GenServer.cast(Store, :crash)

          receive do
            {:DOWN, ^ref, _, _, _} -> holder()
          end

          0 = GenServer.call(Store, :empty)
        end)
      end)

    Supervisor.stop(supervisor)
    time
  end

  defp started(0), do: :ok

  defp started(left) do
    receive do
      :started -> started(left - 1)
    end
  end

  def one_for_all(count) do
    children = for number <- 0..999, do: Supervisor.child_spec({Member, {self(), number}}, id: number)
    {:ok, supervisor} = Supervisor.start_link(children, strategy: :one_for_all, max_restarts: 10_000_000)
    started(1000)

    time =
      took(fn ->
        times(div(count, 1000), fn ->
          GenServer.cast(Member, :crash)
          started(1000)
        end)
      end)

    Supervisor.stop(supervisor)
    time
  end

  def monitors(count) do
    {:ok, target} = GenServer.start(Store, %{})
    caller = self()

    watchers =
      for _ <- 1..count do
        spawn(fn ->
          ref = Process.monitor(target)
          send(caller, :started)

          receive do
            {:DOWN, ^ref, _, _, _} -> send(caller, :started)
          end

          receive do
            :stop -> :ok
          end
        end)
      end

    started(count)

    time =
      took(fn ->
        GenServer.stop(target)
        started(count)
      end)

    for watcher <- watchers, do: send(watcher, :stop)
    time
  end

  # Links and what a repetition leaves behind end with its process.
  defp run(work, count) do
    caller = self()

    {_pid, ref} =
      spawn_monitor(fn ->
        send(caller, {:time, work.(count)})
        exit(:shutdown)
      end)

    receive do
      {:time, time} ->
        receive do
          {:DOWN, ^ref, _, _, _} -> time / count
        end

      {:DOWN, ^ref, _, _, reason} ->
        raise "the repetition failed: #{inspect(reason)}"
    end
  end

  def row(name, count, work, repetitions, scale) do
    count = max(div(count, scale), 1)
    run(work, count)
    times = Enum.sort(for _ <- 1..repetitions, do: run(work, count))
    IO.puts("#{name}\t#{hd(times)}\t#{Enum.at(times, div(repetitions, 2))}")
  end
end

Logger.configure(level: :none)

{repetitions, scale} =
  case Enum.map(System.argv(), &String.to_integer/1) do
    [] -> {9, 1}
    [repetitions] -> {repetitions, 1}
    [repetitions, scale] -> {repetitions, scale}
  end

for {name, count, work} <- [
      {"call, idle, empty", 100_000, &Bench.empty/1},
      {"call, idle, fetch", 50_000, &Bench.fetch/1},
      {"call by name, fetch", 50_000, &Bench.fetch_named/1},
      {"call with a 5 s timeout, empty", 50_000, &Bench.empty_within/1},
      {"call, queued, empty", 50_000, &Bench.empty/1},
      {"call, queued, fetch", 50_000, &Bench.fetch/1},
      {"call with a 5 s timeout, queued", 50_000, &Bench.empty_within/1},
      {"64 callers, one server", 48_000, &Bench.callers/1},
      {"64 callers, one server, queued", 48_000, &Bench.callers/1},
      {"cast, one producer", 1_000_000, &Bench.cast/1},
      {"cast, two producers", 1_000_000, &Bench.two_producers/1},
      {"cast, 100 servers in turn", 1_000_000, &Bench.in_turn/1},
      {"ring of 1,000", 200_000, &Bench.ring/1},
      {"skynet, a leaf", 100_000, &Bench.skynet/1},
      {"start, linked, init waited for", 100_000, &Bench.start_many/1},
      {"stop, end waited for", 100_000, &Bench.stop_many/1},
      {"panic, restart, answer", 2_000, &Bench.restart/1},
      {"one_for_all of 1,000, a child", 10_000, &Bench.one_for_all/1},
      {"10,000 monitors of one death, each", 10_000, &Bench.monitors/1}
    ] do
  Bench.row(name, count, work, repetitions, scale)
end
