import RLSCore

/// Rows as they become, while the rules look at one change after another.
struct MetadataBatch {
    private var known: [ByteString: MetadataRow] = [:]
    private var places: [ByteString: Int] = [:]
    /// What is to be written, a row a name.
    private(set) var changed: [MetadataRow] = []
    /// Files that are not deleted, compared with before.
    private(set) var more = 0

    /// - Parameter known: what there is of the names in question
    init(_ known: [MetadataRow]) {
        self.known.reserveCapacity(known.count)
        for row in known { self.known[row.lfn] = row }
    }

    subscript(_ lfn: ByteString) -> MetadataRow? {
        if let place = places[lfn] { return changed[place] }
        return known.isEmpty ? nil : known[lfn]
    }

    mutating func put(_ row: MetadataRow) {
        let wasThere = self[row.lfn].map { !$0.isDeleted } ?? false
        if wasThere == row.isDeleted { more += wasThere ? -1 : 1 }
        if let place = places[row.lfn] {
            changed[place] = row
        } else {
            places[row.lfn] = changed.count
            changed.append(row)
        }
    }
}
