//! A supervision tree as text.

use beamish::prelude::*;
use beamish::{ChildInfo, ChildKind, ChildStatus};

/// Draws a process a line: its name or id, its pid, its type and how often it was restarted.
pub async fn tree(supervisor: &SupervisorRef) -> Result<String, CallError> {
    let mut text = match supervisor.pid() {
        Some(pid) => format!("{}  {pid}  supervisor", name(pid).unwrap_or_default()),
        None => String::new(),
    };
    draw(supervisor, "", &mut text).await?;
    Ok(text)
}

async fn draw(
    supervisor: &SupervisorRef,
    indent: &str,
    text: &mut String,
) -> Result<(), CallError> {
    // The newest comes first.
    for (left, child) in supervisor.which_children().await?.iter().enumerate().rev() {
        let (branch, below) = if left == 0 {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        text.push_str(&format!("\n{indent}{branch}{}", line(child)));
        if child.kind == ChildKind::Supervisor
            && let Some(pid) = child.status.pid()
            && let Ok(nested) = SupervisorRef::try_from(pid)
        {
            Box::pin(draw(&nested, &format!("{indent}{below}"), text)).await?;
        }
    }
    Ok(())
}

fn line(child: &ChildInfo) -> String {
    let id = || {
        child
            .id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    let name = child.status.pid().and_then(name).unwrap_or_else(id);
    let status = match child.status {
        ChildStatus::Running(pid) => pid.to_string(),
        ChildStatus::Restarting => "restarting".to_owned(),
        ChildStatus::Stopped => "stopped".to_owned(),
    };
    format!(
        "{name}  {status}  {}  restarts: {}",
        child.kind, child.restarts
    )
}

fn name(pid: Pid) -> Option<String> {
    Some(process::info(pid)?.registered_name?.to_string())
}
