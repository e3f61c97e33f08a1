# The program in Elixir: `main.rs`, `supervisor.rs` and `cache.rs` hold the twin of each function, in the same order.
# Where a function has a default argument, Rust has two: `fetch`, and `fetch_for` with the expiry.

# main.rs

defmodule CashMan do
  use Application

  def start(_type, _args) do
    CashMan.Supervisor.start_link([])
  end
end

# supervisor.rs

defmodule CashMan.Supervisor do
  use Supervisor

  def start_link(args) do
    Supervisor.start_link(__MODULE__, args, name: __MODULE__)
  end

  def init(_args) do
    Supervisor.init([CashMan.Cache], strategy: :one_for_one)
  end
end

# cache.rs

defmodule CashMan.Cache do
  use GenServer

  @default_expiry 60

  # Client

  def start_link(_args) do
    GenServer.start_link(__MODULE__, %{}, name: __MODULE__)
  end

  def fetch(key, func, expiry \\ @default_expiry) do
    case GenServer.call(__MODULE__, {:fetch, key, expiry}) do
      {:ok, value} ->
        value

      :missing ->
        value = func |> Task.async() |> Task.await()
        store(key, value, expiry)
        value
    end
  end

  def async_fetch(key, func, expiry \\ @default_expiry) do
    Task.async(fn -> fetch(key, func, expiry) end)
  end

  def store(key, value, expiry) do
    GenServer.cast(__MODULE__, {:store, key, value, expiry})
  end

  def prune do
    GenServer.cast(__MODULE__, :prune)
  end

  def current do
    GenServer.call(__MODULE__, :current)
  end

  # Server

  def init(state) do
    {:ok, state}
  end

  # Nobody reads the expiry in the request, since an entry has its own; the twin leaves it out.
  def handle_call({:fetch, key, _expiry}, _from, state) do
    case state do
      %{^key => {value, _, _} = entry} ->
        if expired?(entry) do
          {:reply, :missing, Map.delete(state, key)}
        else
          {:reply, {:ok, value}, state}
        end

      _ ->
        {:reply, :missing, state}
    end
  end

  def handle_call(:current, _from, state) do
    {:reply, state, state}
  end

  def handle_cast({:store, key, value, expiry}, state) do
    {:noreply, Map.put(state, key, {value, now(), expiry})}
  end

  # As printed in the article this keeps the expired entries, against its own comment.
  def handle_cast(:prune, state) do
    new_state = Map.reject(state, fn {_key, entry} -> expired?(entry) end)
    {:noreply, new_state}
  end

  defp expired?({_value, stored_at, expiry}) do
    now() > stored_at + expiry
  end

  defp now do
    System.os_time(:second)
  end
end
