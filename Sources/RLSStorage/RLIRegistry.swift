import RLSCore

/// An index server that this one is to update. No patterns: it is told of every name.
package struct RLIRecord: Sendable, Hashable {
    package let url: ByteString
    package let flags: Int
    /// Unix time, 0 for never.
    package let lastUpdate: Int
    package let patterns: [ByteString]

    package init(url: ByteString, flags: Int, lastUpdate: Int, patterns: [ByteString]) {
        self.url = url
        self.flags = flags
        self.lastUpdate = lastUpdate
        self.patterns = patterns
    }
}

/// The list of index servers to update, inside a write transaction.
package protocol RLIRegistry: AnyObject {
    func rli(_ url: ByteString) throws(StorageError) -> RLIRecord?
    func addRLI(url: ByteString, flags: Int, pattern: ByteString) throws(StorageError)
    func removeRLI(url: ByteString) throws(StorageError)
    func removePattern(_ pattern: ByteString, ofRLI url: ByteString) throws(StorageError)
    func setUpdateTime(ofRLI url: ByteString, to time: Int) throws(StorageError)
}

/// The protocol's rules for the list.
extension RLIRegistry {
    /// nil when the index server, or a further pattern of it, was taken up.
    package func register(_ url: ByteString, _ flags: Int, _ pattern: ByteString) throws(StorageError)
        -> CatalogError?
    {
        if let known = try rli(url), pattern.isEmpty || known.patterns.contains(pattern) {
            return CatalogError(.rliExists, url)
        }
        try addRLI(url: url, flags: flags, pattern: pattern)
        return nil
    }

    /// An empty pattern removes the index server with all its patterns.
    package func unregister(_ url: ByteString, _ pattern: ByteString) throws(StorageError) -> CatalogError? {
        guard let known = try rli(url) else { return CatalogError(.rliNotFound, url) }
        if pattern.isEmpty {
            try removeRLI(url: url)
            return nil
        }
        guard known.patterns.contains(pattern) else { return CatalogError(.rliNotFound, url + ": " + pattern) }
        // The last pattern takes the RLI with it: left behind, it would be told of every name.
        if known.patterns.count == 1 { try removeRLI(url: url) } else { try removePattern(pattern, ofRLI: url) }
        return nil
    }

    /// An index server that has been removed meanwhile is no error.
    package func noteUpdate(ofRLI url: ByteString, at time: Int) throws(StorageError) -> CatalogError? {
        try setUpdateTime(ofRLI: url, to: time)
        return nil
    }
}
