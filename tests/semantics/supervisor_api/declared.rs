//! What `supervisor!` writes.

use super::*;

/// Says to what it was started, and can be asked.
#[genserver]
struct Child {
    value: u64,
}

#[genserver]
impl Child {
    #[init]
    fn init(value: u64, stage: Stage) -> Self {
        stage.note(value);
        Self { value }
    }

    #[handle_call]
    fn value(&self) -> u64 {
        self.value
    }
}

async fn value(supervisor: &SupervisorRef, id: &'static str) -> u64 {
    soon(
        ChildRef::try_from(pid_of(supervisor, id).await)
            .unwrap()
            .value(),
    )
    .await
    .unwrap()
}

async fn kill(supervisor: &SupervisorRef, id: &'static str) {
    let pid = pid_of(supervisor, id).await;
    let end = process::monitored(pid);
    process::kill(pid);
    soon(end).await;
}

struct Config {
    base: u64,
    stage: Stage,
}

supervisor! {
    Lending(config: Config, step: u64) {
        strategy: one_for_one,
        max_restarts: 1_000,
        children: [
            Child::start_link(config.base, config.stage.clone()) { id: "first" },
            Child::start_link(config.base + step, config.stage.clone()) { id: "second" },
            supervisor Inner {
                strategy: one_for_one,
                children: [Child::start_link(config.base + 2 * step, config.stage.clone()) { id: "third" }],
            },
        ],
    }
}

/// RST-9: init arguments, which need not be `Clone`, are lent to all children, at each start.
#[beamish::test]
async fn init_arguments_are_lent_to_several_children() {
    let stage = Stage::new();
    let tree = soon(Lending::start(
        Config {
            base: 10,
            stage: stage.clone(),
        },
        1,
    ))
    .await
    .unwrap();
    for _ in 0..3 {
        let inner = SupervisorRef::try_from(pid_of(&tree, "Inner").await).unwrap();
        let values = [
            value(&tree, "first").await,
            value(&tree, "second").await,
            value(&inner, "third").await,
        ];
        assert_eq!(values, [10, 11, 12]);
        assert_eq!(stage.log(), "10 11 12", "not started once");
        for id in ["first", "second", "Inner"] {
            kill(&tree, id).await;
        }
    }
}

supervisor! {
    Computed(computed: Arc<AtomicU64>, evaluated: Arc<AtomicU64>, stage: Stage) {
        strategy: one_for_one,
        let port = computed.fetch_add(1, Ordering::Relaxed);
        let next = port + 1;
        children: [
            Child::start_link(*port, stage.clone()) { id: "once" },
            Child::start_link(*next, stage.clone()) { id: "next" },
            Child::start_link(evaluated.fetch_add(1, Ordering::Relaxed), stage.clone()) { id: "again" },
        ],
    }
}

/// RST-9: a `let` line is computed once, a child's expression at each start.
#[beamish::test]
async fn let_lines_are_computed_once_and_children_at_each_start() {
    let (computed, evaluated) = (Arc::new(AtomicU64::new(40)), Arc::new(AtomicU64::new(0)));
    let tree = Computed::start(Arc::clone(&computed), Arc::clone(&evaluated), Stage::new());
    let tree = soon(tree).await.unwrap();
    for round in 0..2 {
        let values = [
            value(&tree, "once").await,
            value(&tree, "next").await,
            value(&tree, "again").await,
        ];
        assert_eq!(values, [40, 41, round]);
        if round == 0 {
            for id in ["once", "next", "again"] {
                kill(&tree, id).await;
            }
        }
    }
    assert_eq!(computed.load(Ordering::Relaxed), 41);
}

supervisor! {
    Subtree(computed: Arc<AtomicU64>, stage: Stage) {
        strategy: one_for_one,
        max_restarts: 0,
        let port = computed.fetch_add(1, Ordering::Relaxed);
        children: [Child::start_link(*port, stage.clone()) { id: "child" }],
    }
}

supervisor! {
    Above(computed: Arc<AtomicU64>, stage: Stage) {
        strategy: one_for_one,
        children: [
            Subtree::start_link(computed.clone(), stage.clone()),
            Subtree::start_link(computed.clone(), stage.clone()) { id: "other" },
        ],
    }
}

/// RST-9: a tree that is a child of another computes its `let` lines at each of its own starts.
#[beamish::test]
async fn a_tree_within_a_tree_is_built_anew_at_each_start() {
    let computed = Arc::new(AtomicU64::new(0));
    let tree = soon(Above::start(Arc::clone(&computed), Stage::new()))
        .await
        .unwrap();
    let within = async |id| SupervisorRef::try_from(pid_of(&tree, id).await).unwrap();
    assert_eq!(ids(&tree).await, "other Subtree");
    let first = within("Subtree").await;
    assert_eq!(value(&first, "child").await, 0);
    assert_eq!(value(&within("other").await, "child").await, 1);
    let end = process::monitored(&first);
    kill(&first, "child").await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert_eq!(value(&within("Subtree").await, "child").await, 2);
    assert_eq!(value(&within("other").await, "child").await, 1);
}

supervisor! {
    Siblings(stage: Stage) {
        strategy: one_for_one,
        children: [
            Spread::start_link(stage.clone(), vec![]),
            Single::start_link(stage.clone()),
            Worker::start_link("w", stage.clone()),
        ],
    }
}

supervisor! {
    Single(stage: Stage) {
        strategy: one_for_one,
        children: [Worker::start_link("single", stage.clone())],
    }
}

/// SUP-2: without `id` a child has the name of its type, and a tree that was declared elsewhere the tree's.
#[beamish::test]
async fn two_trees_without_ids_have_their_own_names() {
    match soon(Siblings::start(Stage::new())).await {
        Ok(tree) => assert_eq!(ids(&tree).await, "Worker Single Spread"),
        Err(error) => panic!("{error:?}"),
    }
}

const WINDOW: u64 = 2;

supervisor! {
    Options(stage: Stage) {
        name: "declared.options",
        strategy: rest_for_one,
        max_restarts: 1,
        max_seconds: WINDOW,
        auto_shutdown: all_significant,
        children: [
            Worker::start_link("default", stage.clone()),
            Worker::start_link("transient", stage.clone()) { id: "transient", restart: transient, significant: true },
            Stubborn::start_link("slow", stage.clone(), kit::Manner::Never) { id: 7, shutdown: 250ms },
            Stubborn::start_link("brutal", stage.clone(), kit::Manner::Never) { id: "brutal", shutdown: brutal_kill },
            Stubborn::start_link("waits", stage.clone(), kit::Manner::After(Duration::from_secs(60))) {
                id: "waits",
                restart: temporary,
                shutdown: infinity,
            },
        ],
    }
}

/// SUP-2, SUP-4: ids, restart, shutdown, significant; the order, and the name.
#[beamish::test(start_paused)]
async fn options_of_children_hold() {
    let stage = Stage::new();
    let tree = soon(Options::start(stage.clone())).await.unwrap();
    assert_eq!(Options::named().pid(), tree.pid());
    assert_eq!(ids(&tree).await, "waits brutal 7 transient Worker");
    assert_eq!(stage.log(), "+default +transient +slow +brutal +waits");
    stage.reset();
    soon(Options::named().stop()).await.unwrap();
    let expected = "~waits@0 -waits@60000 -brutal@60000 ~slow@60000 -slow@60250 -transient@60250 -default@60250";
    assert_eq!(stage.timed_log(), expected);
}

/// RST-2, RST-4, RST-5: strategy, `max_restarts` and `max_seconds` of the tree.
#[beamish::test(start_paused)]
async fn options_of_the_tree_hold() {
    for (pause, survives) in [(WINDOW, false), (WINDOW + 1, true)] {
        let stage = Stage::new();
        let tree = soon(Options::start(stage.clone())).await.unwrap();
        let end = process::monitored(&tree);
        soon(tree.terminate_child("waits")).await.unwrap();
        stage.log();
        let began = tokio::time::Instant::now();
        Way::Killed.end(pid_of(&tree, "transient").await).await;
        // Without the temporary one, which is gone.
        assert_eq!(ids(&tree).await, "brutal 7 transient Worker");
        assert_eq!(
            stage.log(),
            "-transient -brutal ~slow -slow +transient +slow +brutal"
        );
        tokio::time::sleep_until(began + Duration::from_secs(pause)).await;
        Way::Killed.end(pid_of(&tree, "transient").await).await;
        if survives {
            pid_of(&tree, "transient").await;
            soon(tree.stop()).await.unwrap();
        } else {
            assert_eq!(soon(end).await, ExitReason::Shutdown);
        }
    }
}

/// SIG-C1: `auto_shutdown` and significant.
#[beamish::test(start_paused)]
async fn auto_shutdown_holds() {
    let tree = soon(Options::start(Stage::new())).await.unwrap();
    let end = process::monitored(&tree);
    Way::Normal.end(pid_of(&tree, "transient").await).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
}

supervisor! {
    Nested(stage: Stage) {
        strategy: one_for_all,
        children: [
            Worker::start_link("a", stage.clone()) { id: "a" },
            supervisor Middle {
                strategy: rest_for_one,
                max_restarts: 1,
                children: [
                    Worker::start_link("b", stage.clone()) { id: "b" },
                    supervisor Deep {
                        strategy: one_for_one,
                        max_restarts: 0,
                        children: [Worker::start_link("c", stage.clone()) { id: "c" }],
                    },
                    Worker::start_link("d", stage.clone()) { id: "d" },
                ],
            } { id: "middle", restart: transient },
            Worker::start_link("e", stage.clone()) { id: "e" },
        ],
    }
}

/// RST-1, RST-4, SUP-3: nested trees have strategies, limits and options of their own.
#[beamish::test]
async fn nested_trees_have_options_of_their_own() {
    let stage = Stage::new();
    let tree = soon(Nested::start(stage.clone())).await.unwrap();
    assert_eq!(ids(&tree).await, "e middle a");
    let middle = SupervisorRef::try_from(pid_of(&tree, "middle").await).unwrap();
    assert_eq!(ids(&middle).await, "d Deep b");
    assert_eq!(stage.log(), "+a +b +c +d +e");
    for log in ["-c -d +c +d", "-c -d -b"] {
        let deep = SupervisorRef::try_from(pid_of(&middle, "Deep").await).unwrap();
        let end = process::monitored(&deep);
        Way::Killed.end(pid_of(&deep, "c").await).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        let _ = soon(middle.which_children()).await;
        assert_eq!(stage.log(), log);
    }
    // The middle one gave up with `shutdown`, and is transient.
    assert_eq!(status(&tree, "middle").await, Some(ChildStatus::Stopped));
    Way::Killed.end(pid_of(&tree, "a").await).await;
    pid_of(&tree, "middle").await;
    assert_eq!(stage.log(), "-a -e +a +b +c +d +e");
}

supervisor! {
    Spread(stage: Stage, ids: Vec<&'static str>) {
        strategy: one_for_one,
        children: [
            Worker::start_link("first", stage.clone()) { id: "first" },
            ..ids.iter().map(|id| Worker::spec(id, stage)),
            Worker::start_link("last", stage.clone()) { id: "last" },
        ],
    }
}

/// SUP-1: children of an iterator stand at their place.
#[beamish::test]
async fn children_of_an_iterator_stand_at_their_place() {
    let stage = Stage::new();
    let tree = soon(Spread::start(stage.clone(), vec!["x", "y"]))
        .await
        .unwrap();
    assert_eq!(stage.log(), "+first +x +y +last");
    Way::Killed.end(pid_of(&tree, "x").await).await;
    pid_of(&tree, "x").await;
    let error = soon(Spread::start(stage, vec!["last"])).await.unwrap_err();
    assert!(format!("{error:?}").contains("last"), "{error:?}");
}

/// SUP-1, SUP-6: `start_link` links, `child_spec` is a child, `supervisor` can be changed before it is started.
#[beamish::test]
async fn a_declared_tree_starts_in_every_way() {
    process::trap_exit(true);
    let stage = Stage::new();
    let linked = soon(Spread::start_link(stage.clone(), vec![]))
        .await
        .unwrap();
    process::exit(&linked, ExitReason::Shutdown);
    receive! {
        Exit { from, reason } if Some(from) == linked.pid() => assert_eq!(reason, ExitReason::Shutdown),
    }
    let above =
        Supervisor::new(Strategy::OneForOne).child(Spread::child_spec(stage.clone(), vec!["x"]));
    let above = soon(above.start()).await.unwrap();
    assert_eq!(ids(&above).await, "Spread");
    let tree = SupervisorRef::try_from(pid_of(&above, "Spread").await).unwrap();
    pid_of(&tree, "x").await;
    let strict = soon(
        Spread::supervisor(stage.clone(), vec![])
            .max_restarts(0)
            .start(),
    )
    .await
    .unwrap();
    let end = process::monitored(&strict);
    Way::Killed.end(pid_of(&strict, "first").await).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
}

static PANICS: AtomicU64 = AtomicU64::new(0);

supervisor! {
    Panicking(stage: Stage) {
        strategy: one_for_one,
        children: [
            Worker::start_link("a", stage.clone()) { id: "a" },
            {
                assert!(PANICS.load(Ordering::Relaxed) == 0, "the expression panicked");
                Worker::start_link("b", stage.clone())
            } { id: "b" },
        ],
    }
}

/// SUP-1, RST-6: an expression that panics is a start that fails, and does not take the supervisor along.
#[beamish::test]
async fn an_expression_that_panics_is_a_failed_start() {
    let stage = Stage::new();
    let tree = soon(Panicking::supervisor(stage.clone()).max_restarts(2).start())
        .await
        .unwrap();
    PANICS.store(1, Ordering::Relaxed);
    let end = process::monitored(&tree);
    Way::Killed.end(pid_of(&tree, "b").await).await;
    assert_eq!(
        soon(end).await,
        ExitReason::Shutdown,
        "not given up, but crashed"
    );
    assert_eq!(stage.log(), "+a +b -b -a");
    let error = soon(Panicking::start(stage.clone())).await.unwrap_err();
    let StartError::Exit(ExitReason::ShutdownWith(term)) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        term.downcast_ref::<FailedToStartChild>().unwrap().id,
        ChildId::from("b")
    );
    assert_eq!(stage.log(), "+a -a");
}

static DEPTH: AtomicUsize = AtomicUsize::new(0);

/// Ends a recursion that nobody else ends.
fn deeper() {
    assert!(
        DEPTH.fetch_add(1, Ordering::Relaxed) < 20,
        "nobody saw the cycle"
    );
}

supervisor! {
    Ping {
        strategy: one_for_one,
        children: [{ deeper(); Pong::start_link() }],
    }
}

supervisor! {
    Pong {
        strategy: one_for_one,
        children: [{ deeper(); Ping::start_link() }],
    }
}

/// SUP-1, decided for trees: a cycle over several trees fails at the start, with the path of their names.
#[beamish::test]
async fn a_cycle_of_trees_fails_at_the_start() {
    let error = soon(Ping::start()).await.unwrap_err();
    let told = format!("{error:?}");
    assert!(
        !told.contains("nobody saw the cycle"),
        "it was followed until it was ended by force"
    );
    assert!(told.contains("Ping") && told.contains("Pong"), "{told}");
}

#[genserver(significant, restart = transient)]
struct Leading;

#[genserver]
impl Leading {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn end(&mut self) -> NoReply {
        NoReply::stop(ExitReason::Normal)
    }
}

supervisor! {
    Led {
        strategy: one_for_one,
        auto_shutdown: any_significant,
        children: [Leading::start_link()],
    }
}

supervisor! {
    Unled {
        strategy: one_for_one,
        auto_shutdown: any_significant,
        children: [Leading::start_link() { significant: false }],
    }
}

/// SIG-C1: `significant` of the type holds in a tree, unless the child says otherwise.
#[beamish::test]
async fn significant_of_the_type_holds() {
    let led = soon(Led::start()).await.unwrap();
    let end = process::monitored(&led);
    LeadingRef::try_from(pid_of(&led, "Leading").await)
        .unwrap()
        .end();
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    let unled = soon(Unled::start()).await.unwrap();
    let leading = pid_of(&unled, "Leading").await;
    let end = process::monitored(leading);
    LeadingRef::try_from(leading).unwrap().end();
    assert_eq!(soon(end).await, ExitReason::Normal);
    assert_eq!(status(&unled, "Leading").await, Some(ChildStatus::Stopped));
}

/// SIG-C3: what only the types know is refused at the start.
#[beamish::test]
async fn a_significant_type_without_auto_shutdown_is_refused() {
    let tree = Led::supervisor().auto_shutdown(AutoShutdown::Never);
    let error = soon(tree.start()).await.unwrap_err();
    let StartError::Init(error) = &error else {
        panic!("{error:?}")
    };
    let expected = BadChildren::SignificantWithoutAutoShutdown("Leading".into());
    assert_eq!(error.downcast_ref::<BadChildren>(), Some(&expected));
}

/// Dynamic children in a tree.
mod dynamic {
    use super::*;

    supervisor! {
        Sockets(stage: Stage) {
            strategy: one_for_one,
            children: [
                dynamic Connections { max_children: 2 },
                dynamic Named { name: "declared.named", max_restarts: 0, max_seconds: 1 },
                Worker::start_link("a", stage.clone()) { id: "a" },
                supervisor Inner {
                    strategy: one_for_one,
                    children: [dynamic Deep {} { id: "deep", restart: transient }],
                },
            ],
        }
    }

    /// DYN-3: what owns its arguments is started with `.once()` and comes back as its client.
    #[beamish::test]
    async fn a_once_child_is_started_under_its_type() {
        let stage = Stage::new();
        let tree = soon(Sockets::start(stage.clone())).await.unwrap();
        assert_eq!(ids(&tree).await, "Inner a Named Connections");
        let client: WorkerRef = soon(Connections::start_child(
            Worker::start_link("x", stage.clone()).once(),
        ))
        .await
        .unwrap();
        assert_eq!(soon(client.count()).await.unwrap(), 1);
        Way::Panic.end(client.pid().unwrap()).await;
        assert_eq!(
            in_order(soon(Connections::named().count_children()).await.unwrap()),
            (0, 0, 0, 0)
        );
        assert_eq!(stage.starts("x"), 1);
    }

    /// DYN-1: a specification is restarted as it says.
    #[beamish::test]
    async fn a_specification_is_started_under_its_type() {
        let stage = Stage::new();
        let _tree = soon(Sockets::start(stage.clone())).await.unwrap();
        let pid: Pid = soon(Connections::start_child(Worker::spec("x", &stage)))
            .await
            .unwrap();
        Way::Killed.end(pid).await;
        assert_eq!(
            in_order(soon(Connections::named().count_children()).await.unwrap()),
            (1, 1, 0, 1)
        );
        assert_eq!(stage.starts("x"), 2);
    }

    /// DYN-2: the limit that was declared.
    #[beamish::test]
    async fn the_declared_limit_holds() {
        let stage = Stage::new();
        let _tree = soon(Sockets::start(stage.clone())).await.unwrap();
        for _ in 0..2 {
            soon(Connections::start_child(Worker::spec("x", &stage)))
                .await
                .unwrap();
        }
        let full = soon(Connections::start_child(Worker::spec("x", &stage))).await;
        assert!(
            matches!(full, Err(StartChildError::MaxChildren)),
            "{full:?}"
        );
    }

    /// RST-2, RST-1: limits and name that were declared; after a give-up the type reaches the successor.
    #[beamish::test]
    async fn the_type_reaches_the_successor() {
        let stage = Stage::new();
        let tree = soon(Sockets::start(stage.clone())).await.unwrap();
        let before = pid_of(&tree, "Named").await;
        assert_eq!(process::whereis("declared.named"), Some(before));
        let end = process::monitored(before);
        Way::Killed
            .end(
                soon(Named::start_child(Worker::spec("x", &stage)))
                    .await
                    .unwrap(),
            )
            .await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        let after = pid_of(&tree, "Named").await;
        assert_ne!(after, before);
        assert_eq!(Named::named().pid(), Some(after));
        soon(Named::start_child(Worker::spec("x", &stage)))
            .await
            .unwrap();
    }

    /// SUP-2: a dynamic supervisor that is nested deeper has options as any child.
    #[beamish::test]
    async fn a_nested_dynamic_supervisor_has_options_as_any_child() {
        let stage = Stage::new();
        let tree = soon(Sockets::start(stage.clone())).await.unwrap();
        let inner = SupervisorRef::try_from(pid_of(&tree, "Inner").await).unwrap();
        assert_eq!(pid_of(&inner, "deep").await, Deep::named().pid().unwrap());
        soon(Deep::start_child(Worker::spec("x", &stage)))
            .await
            .unwrap();
        soon(Deep::named().stop()).await.unwrap();
        assert_eq!(status(&inner, "deep").await, Some(ChildStatus::Stopped));
        assert_eq!(stage.log(), "+a +x -x");
    }

    /// SIG-4: where no tree runs, the type says so.
    #[beamish::test]
    async fn without_its_tree_the_type_reaches_nobody() {
        let stage = Stage::new();
        let started = soon(Connections::start_child(Worker::spec("x", &stage))).await;
        assert!(
            matches!(started, Err(StartChildError::Call(CallError::NoProc(_)))),
            "{started:?}"
        );
        assert_eq!(stage.starts("x"), 0);
    }
}
