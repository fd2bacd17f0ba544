import RLSCore

/// An exact look-up that will be made. Where a look-up is a journey, a reader makes one journey for many of them.
package enum CatalogKey: Sendable, Hashable {
    case name(NameKind, ByteString)
    /// All partners from the first on.
    case partners(NameKind, ByteString)
    case mapping(Mapping)
    case attributeValues(NameKind, ByteString)
}
