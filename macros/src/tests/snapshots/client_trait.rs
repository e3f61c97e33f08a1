///What the client of [`Store`] can do: its calls and casts. `StoreRef` does it; in a test of its callers, something else may.
#[allow(
    dead_code,
    private_bounds,
    private_interfaces,
    unnameable_types,
    unreachable_pub,
    clippy::too_many_arguments,
)]
pub trait StoreClient<V: Clone>: ::core::marker::Send + ::core::marker::Sync {
    /// The value of `key`.
    #[deprecated]
    fn fetch(
        &self,
        key: String,
    ) -> ::beamish::__private::BoxFuture<
        '_,
        ::core::result::Result<Option<V>, ::beamish::__private::CallError>,
    >;
    #[cfg(feature = "put")]
    ///Casts `put`: sends it, and expects no reply.
    fn put(&self, key: String, value: V);
}
#[automatically_derived]
#[allow(deprecated, unreachable_code, unused_variables, clippy::too_many_arguments)]
impl<V: Clone> StoreClient<V> for StoreRef<V> {
    #[inline]
    fn fetch(
        &self,
        key: String,
    ) -> ::beamish::__private::BoxFuture<
        '_,
        ::core::result::Result<Option<V>, ::beamish::__private::CallError>,
    > {
        ::std::boxed::Box::pin(Self::fetch(self, key))
    }
    #[cfg(feature = "put")]
    #[inline]
    fn put(&self, key: String, value: V) {
        Self::put(self, key, value)
    }
}
