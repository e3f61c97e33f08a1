//! supervisor_restarts
