impl CashMan {
    fn name() -> &'static str {
        "cash_man"
    }
}
impl ::beamish::__private::Application for CashMan {
    type Args = StartArgs;
    /// Starts the tree.
    async fn start_tree(args: StartArgs) -> Result<SupervisorRef, StartError> {
        CashManSupervisor::start_link(args.config()).await
    }
}
