fn main() -> ::std::process::ExitCode {
    async fn main() -> Result<(), AppError> {
        CashMan::run(()).await
    }
    ::beamish::__private::Entry::run_main(
        ::beamish::__private::Entry::new().multi_thread(::core::option::Option::Some(2)),
        async { ::beamish::__private::Finish::report(main().await) },
    )
}
#[::core::prelude::v1::test]
fn works() {
    async fn works() {
        assert!(true);
    }
    ::beamish::__private::Entry::run_test(
        ::beamish::__private::Entry::new().current_thread().start_paused(true),
        works(),
    )
}
