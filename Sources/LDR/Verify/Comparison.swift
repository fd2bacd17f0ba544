import RLSCore

/// What differs between the catalog and the storage, by lists of the catalog from before and after the storage was scanned: what
/// came or went meanwhile is no difference.
package struct Comparison: Sendable, Equatable {
    /// In the catalog before and after, and not in the storage, with the size that was expected.
    package private(set) var lost: [PartitionPath] = []
    /// In the storage, and in the catalog neither before nor after.
    package private(set) var dark: [PartitionPath] = []
    /// Files of the catalog that were found.
    package private(set) var found = 0

    /// - Parameter scanned: paths of files of whole partitions; those that could not be scanned wholly must not be in the dumps
    package init(before: CopyDump, scanned: Set<PartitionPath>, after: CopyDump) {
        for place in before.copies.keys where after.copies[place] != nil {
            if scanned.contains(place) { found += 1 } else { lost.append(place) }
        }
        dark = scanned.filter { before.copies[$0] == nil && after.copies[$0] == nil }.sorted()
        lost.sort()
    }

    /// The part of what was looked at that differs, for those who refuse to act when it is too much.
    package var lostPart: Double { Self.part(lost.count, found) }
    package var darkPart: Double { Self.part(dark.count, found) }

    private static func part(_ count: Int, _ others: Int) -> Double {
        count == 0 ? 0 : Double(count) / Double(count + others)
    }
}
