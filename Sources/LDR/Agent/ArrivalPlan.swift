import RLSCore

/// Where a file that is wanted will be put.
package struct ArrivalPlan: Sendable {
    package let want: Want
    package let record: FileRecord
    /// In the partition's file system, as the final one is.
    package let temporaryPath: String
    /// The site that the metadata come from.
    package let publisher: String
    package let partition: StoragePartition
    /// Below the partition's root.
    package let path: String
    /// What the copy is registered with.
    package let pfn: ByteString
}

/// What became of a file that was fetched.
struct ArrivedFile: Sendable {
    let want: Want
    /// nil for a file that has no place.
    let copy: Mapping?
    let outcome: TransferOutcome
    /// Milliseconds since 1970.
    let began: Int

    init(want: Want, copy: Mapping?, outcome: TransferOutcome, began: Int) {
        self.want = want
        self.copy = copy
        self.outcome = outcome
        self.began = began
    }

    init(_ plan: ArrivalPlan, _ outcome: TransferOutcome, began: Int) {
        self.init(want: plan.want, copy: Mapping(lfn: plan.want.lfn, pfn: plan.pfn), outcome: outcome, began: began)
    }
}

/// Finds places for files by the site's layout and the space that is free.
package struct ArrivalPlanner: Sendable {
    private let area: StorageArea
    private let free: @Sendable (StoragePartition) -> Int64?

    package init(
        _ area: StorageArea, free: @escaping @Sendable (StoragePartition) -> Int64? = { $0.freeBytes() }
    ) {
        self.area = area
        self.free = free
    }

    /// Where the file may be already: in its place, in any partition, as after a program that ended before it was registered.
    ///
    /// - Returns: partitions and the path in all of them
    func places(_ described: DescribedFile) -> (partitions: [StoragePartition], path: String)? {
        guard let path = try? area.layout.path(for: described.record, publisher: described.publisher) else {
            return nil
        }
        // To read one on tape would bring it back.
        return (area.partitions.filter { !$0.isTape }, path)
    }

    func copy(of lfn: ByteString, in partition: StoragePartition, _ path: String) -> Mapping {
        Mapping(lfn: lfn, pfn: area.url(partition, path))
    }

    /// - Parameters:
    ///   - described: the file's metadata, and the site that they come from
    ///   - planned: bytes of each partition that files planned before will take, by its name; this one's are added
    func plan(
        _ want: Want, _ described: DescribedFile?, planned: inout [String: Int64]
    ) -> Result<ArrivalPlan, TransferFailure> {
        guard let described else { return .failure(TransferFailure(.localError, "the file's metadata have gone")) }
        let record = described.record
        let before = planned
        let room = { [free] (partition: StoragePartition) in
            free(partition).map { $0 - before[partition.name, default: 0] }
        }
        guard let partition = area.choose(for: record.size, free: room) else {
            return .failure(TransferFailure(.diskFull, "no partition has room for \(record.size) bytes"))
        }
        let incoming = IncomingDirectory(root: partition.root)
        do throws(TransferFailure) { try incoming.prepare() } catch { return .failure(error) }
        let path: String
        do throws(LayoutError) { path = try area.layout.path(for: record, publisher: described.publisher) } catch {
            return .failure(TransferFailure(.localError, "no place: \(error)"))
        }
        planned[partition.name, default: 0] += record.size
        return .success(
            ArrivalPlan(
                want: want, record: record,
                temporaryPath: incoming.file(of: want.id), publisher: described.publisher, partition: partition,
                path: path, pfn: area.url(partition, path)))
    }
}

/// A file's metadata and the site that they come from.
package struct DescribedFile: Sendable {
    package let record: FileRecord
    package let publisher: String
}
