//! Keywords as names: of servers, handlers, parameters, trees, their arguments and children, bindings of a `receive!`.
#![deny(warnings)]
#![allow(non_camel_case_types)]
use beamish::prelude::*;

#[genserver(name = "type")]
struct r#type {
    r#in: u64,
}

#[genserver(client = trait, message(derive(Debug)), reply(derive(Debug)))]
impl r#type {
    #[init]
    fn init(r#in: u64) -> Self {
        Self { r#in }
    }

    #[handle_call]
    async fn r#match(&self, #[into] r#for: u64, mut r#if: u64) -> u64 {
        r#if += r#for;
        self.r#in + r#if
    }

    #[handle_call]
    fn r#yield(&mut self, r#move: u64, reply: ReplyTo<u64>) {
        reply.reply(r#move);
    }

    #[handle_cast]
    fn r#loop(&mut self, r#as: u64) {
        self.r#in = r#as;
    }

    #[handle_info]
    async fn r#box(&mut self, r#ref: u64) {
        self.r#in += r#ref;
    }
}

supervisor! {
    r#enum(r#struct: u64, r#fn: u64) {
        strategy: one_for_one,
        let r#let = *&r#struct + r#fn;
        children: [
            r#type::start_link(*r#let + *r#struct - *r#fn),
            r#type::start_link(*r#fn).unnamed() { id: "in" },
            supervisor r#while { strategy: one_for_all, children: [dynamic r#dyn {}] },
        ],
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let r#mod = r#enum::start_link(1, 2).await?;
    let server = typeRef::named();
    assert_eq!(server.r#match(1_u8, 1).await?, 4);
    server.r#loop(10);
    send_named("type", 1_u64)?;
    assert_eq!(server.r#match(0_u8, 0).await?, 11);
    assert_eq!(server.r#yield(3).await?, 3);
    assert_eq!(format!("{:?}", typeMessage::Match { r#for: 1, r#if: 2 }), "Match { for: 1, if: 2 }");
    let ids = r#mod.which_children().await?.into_iter();
    let ids: Vec<_> = ids.filter_map(|child| child.id).map(|id| id.to_string()).collect();
    assert_eq!(ids.join(" "), r#"while in type"#);
    r#dyn::start_child(r#type::start_link(1).unnamed().once()).await?;
    send(self_pid(), (1_u64, 2_u64));
    let three = receive! { (r#type, mut r#where): (u64, u64) if r#type > 0 => { r#where += r#type; r#where } };
    assert_eq!(three, 3);
    Ok(())
}
