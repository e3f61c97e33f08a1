//! supervisor_api
