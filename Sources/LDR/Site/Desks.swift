import RLSStorage

/// The work database for several tasks of a daemon, one after the other.
package actor WorkDesk {
    private let thread = DeskThread()
    private let store: WorkStore

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    package init(path: String) throws(StorageError) { store = try WorkStore(path: path) }

    package func use<Value: Sendable>(
        _ body: @Sendable (WorkStore) throws(StorageError) -> Value
    ) throws(StorageError) -> Value { try body(store) }
}

/// The metadata for several tasks of a daemon, one after the other.
package actor MetadataDesk {
    private let thread = DeskThread()
    private let store: MetadataStore

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    package init(_ site: SiteConfiguration) throws(StorageError) { store = try MetadataStore(of: site) }

    package func use<Value: Sendable>(
        _ body: @Sendable (MetadataStore) throws(StorageError) -> Value
    ) throws(StorageError) -> Value { try body(store) }
}
