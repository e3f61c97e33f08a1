//! Looking at and replacing the state of a server.

use beamish::sys::{self, SysError};

use super::*;

#[genserver]
#[derive(Clone, Debug, PartialEq)]
struct Register {
    value: u64,
}

#[genserver]
impl Register {
    #[init]
    fn init(value: u64) -> Self {
        Self { value }
    }

    #[handle_call]
    fn value(&self) -> u64 {
        self.value
    }
}

#[beamish::test]
async fn og57_the_state_can_be_read_from_outside_running_or_suspended() {
    let register = soon(Register::start(7).name("register")).await.unwrap();
    let by_name = RegisterRef::to("register");
    for _ in 0..2 {
        let state = Register { value: 7 };
        assert_eq!(soon(sys::get_state(&register)).await.as_ref(), Ok(&state));
        assert_eq!(soon(sys::get_state(&by_name)).await.as_ref(), Ok(&state));
        let value = soon(sys::with_state(&register, |state| state.value)).await;
        assert_eq!(value, Ok(7));
        soon(sys::suspend(&register)).await.unwrap();
    }
    soon(sys::resume(&register)).await.unwrap();
    assert_eq!(soon(register.value()).await, Ok(7));
}

#[beamish::test]
async fn og58_the_state_can_be_replaced_running_or_suspended() {
    let register = soon(Register::start(7)).await.unwrap();
    let next = |state: &Register| Register {
        value: state.value + 1,
    };
    for value in [8, 9] {
        let new = soon(sys::replace_state(&register, next)).await;
        assert_eq!(new, Ok(Register { value }));
        assert_eq!(soon(sys::get_state(&register)).await, new);
        // A function that fails changes nothing.
        let failed = soon(sys::replace_state(&register, |_| panic!("as planned"))).await;
        match failed {
            Err(SysError::Callback(ExitReason::Panic(info))) => {
                assert_eq!(info.message(), "as planned");
            }
            other => panic!("{other:?}"),
        }
        let failed = soon(sys::replace_state(&register, |_| exit(boom()))).await;
        match failed {
            Err(SysError::Callback(reason)) => assert!(is_boom(&reason)),
            other => panic!("{other:?}"),
        }
        assert_eq!(soon(sys::get_state(&register)).await, new);
        soon(sys::suspend(&register)).await.unwrap();
    }
    soon(sys::resume(&register)).await.unwrap();
    assert_eq!(soon(register.value()).await, Ok(9));
}
