//! A leader of workers: each asks for the temperature of one city, and the leader puts together what they find.

use beamish::prelude::*;

/// Asks somebody for the temperature of a city.
pub type Thermometer = fn(&str) -> Option<f64>;

#[genserver]
pub struct Leader {
    expected: usize,
    results: Vec<String>,
    asked: Option<ReplyTo<String>>,
}

#[genserver]
impl Leader {
    #[init]
    fn init(cities: Vec<&'static str>, thermometer: Thermometer) -> Self {
        let expected = cities.len();
        let leader = LeaderRef::this();
        for city in cities {
            let leader = leader.clone();
            spawn_link(async move { leader.report(temperature_of(city, thermometer)) });
        }
        Self {
            expected,
            results: Vec::new(),
            asked: None,
        }
    }

    #[handle_cast]
    fn report(&mut self, result: String) {
        self.results.push(result);
        self.answer();
    }

    /// What was found, in order, when all workers have reported.
    #[handle_call]
    pub fn temperatures(&mut self, reply: ReplyTo<String>) {
        self.asked = Some(reply);
        self.answer();
    }

    fn answer(&mut self) {
        if self.results.len() == self.expected
            && let Some(reply) = self.asked.take()
        {
            self.results.sort();
            reply.reply(self.results.join(", "));
        }
    }
}

fn temperature_of(city: &str, thermometer: Thermometer) -> String {
    match thermometer(city) {
        Some(celsius) => format!("{city}: {celsius:.1}°C"),
        None => format!("{city} not found"),
    }
}
