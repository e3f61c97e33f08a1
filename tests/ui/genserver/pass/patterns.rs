//! Parameters may be patterns.
use beamish::prelude::*;

struct Point {
    x: u64,
    y: u64,
}

#[genserver]
struct Canvas(u64);

#[genserver]
impl Canvas {
    #[init]
    fn init(mut start: u64, Point { x, y }: Point) -> Self {
        start += x + y;
        Self(start)
    }

    #[handle_call]
    fn sum(&mut self, mut by: u64, (a, b): (u64, u64), [c, ..]: [u64; 2]) -> u64 {
        by += a + b + c;
        by
    }

    #[handle_call]
    async fn area(&mut self, Point { x, y }: Point, _: u64, _unused: u64) -> u64 {
        x * y
    }

    #[handle_info]
    fn point(&mut self, Point { x, y }: Point) {
        self.0 = x + y;
    }
}

async fn client() -> Result<(), Box<dyn std::error::Error>> {
    let canvas = Canvas::start(1, Point { x: 1, y: 2 }).await?;
    canvas.sum(1, (2, 3), [4, 5]).await?;
    canvas.area(Point { x: 1, y: 2 }, 3, 4).await?;
    let _ = CanvasMessage::Sum {
        by: 1,
        arg1: (2, 3),
        arg2: [4, 5],
    };
    let _ = CanvasMessage::Area {
        arg0: Point { x: 1, y: 2 },
        arg1: 3,
        unused: 4,
    };
    Ok(())
}

fn main() {
    drop(client());
}
