import RLSCore
import RLSSoftState
import RLSStorage

/// Exact look-ups that come next, of one reply or of many: what is wanted twice may stand here twice.
struct ReadAhead {
    var catalog: [CatalogKey] = []
    var index: [ByteString] = []
}

extension RoleReaders {
    /// Where look-ups are journeys, one is made for all of these; elsewhere nobody is asked for them.
    func prefetch(_ addNeeds: (inout ReadAhead) -> Void) throws(StorageError) {
        if remote.isEmpty { return }
        var ahead = ReadAhead()
        addNeeds(&ahead)
        if remote.contains(.catalog) && !ahead.catalog.isEmpty { try catalog?.prefetch(ahead.catalog) }
        if remote.contains(.index) && !ahead.index.isEmpty { try index?.prefetch(ahead.index) }
    }
}

/// Which items of a list are read ahead: a thousand at a time, or fewer where a turn has no use for as many.
struct ItemWindow {
    private static let most = 1_000

    private var size = most
    private var turnStart = 0
    private var end = 0

    /// - Parameter index: the first item that is wanted from its beginning
    mutating func turnBegins(at index: Int) {
        turnStart = index
        end = index
    }

    /// What is to be read ahead now, before item `index`.
    mutating func next(at index: Int, of count: Int) -> Range<Int>? {
        if index < end { return nil }
        end = min(index + size, count)
        return index..<end
    }

    mutating func turnEnds(at index: Int) { size = min(Self.most, 2 * max(0, index - turnStart) + 1) }
}

extension LocationIndex {
    /// Without lists the tables are not read.
    func addNeeds(_ names: some Sequence<ByteString>, to ahead: inout ReadAhead) {
        if hasLists { ahead.index.append(contentsOf: names) }
    }
}
