//! supervisor_stops
