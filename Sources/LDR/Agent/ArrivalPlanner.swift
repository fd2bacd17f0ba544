import RLSCore

/// Finds places for files by the site's layout and the space that is free.
package struct ArrivalPlanner: Sendable {
    private let area: StorageArea
    private let free: @Sendable (StoragePartition) -> Int64?
    private let space = SpaceAccount()

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

    /// Until `release`, nothing else is planned into the room that the file will take.
    /// - Parameters:
    ///   - described: the file's metadata, and the site that they come from
    ///   - looks: of the files that are planned together
    func plan(
        _ want: Want, _ described: DescribedFile?, _ looks: inout PartitionLooks
    ) -> Result<ArrivalPlan, TransferFailure> {
        guard let described else { return .failure(TransferFailure(.localError, "the file's metadata have gone")) }
        let record = described.record
        let path: String
        do throws(LayoutError) { path = try area.layout.path(for: record, publisher: described.publisher) } catch {
            return .failure(TransferFailure(.localError, "no place: \(error)"))
        }
        guard let partition = reserve(record.size, for: want.id, &looks) else {
            return .failure(TransferFailure(.diskFull, "no partition has room for \(record.size) bytes"))
        }
        let incoming = IncomingDirectory(root: partition.root)
        do throws(TransferFailure) { try looks.prepare(incoming) } catch {
            release(want)
            return .failure(error)
        }
        return .success(
            ArrivalPlan(
                want: want, record: record,
                temporaryPath: incoming.file(of: want.id), publisher: described.publisher, partition: partition,
                path: path, pfn: area.url(partition, path)))
    }

    /// Whether a file of this number is on its way.
    func isPlanned(_ id: Int) -> Bool { space.contains(id) }

    /// Of a file that has arrived, or will not for now.
    func release(_ want: Want) { space.release(want.id) }

    private func reserve(_ size: Int64, for id: Int, _ looks: inout PartitionLooks) -> StoragePartition? {
        // A directory of a file server may take its time: not while others wait for the account.
        let parts = parts(of: id, &looks)
        return space.use { space in
            space.remove(id)
            func room(_ partition: StoragePartition) -> Int64? {
                looks.free(partition, free).map { $0 - space.missing(in: partition.name) }
            }
            guard let partition = resumable(size, parts, room) ?? area.choose(for: size, free: room) else { return nil }
            // Nobody would come back to them.
            for part in parts where part.partition != partition {
                IncomingDirectory(root: part.partition.root).remove(id)
            }
            let path = IncomingDirectory(root: partition.root).file(of: id)
            space.add(id, SpaceAccount.Entry(partition: partition.name, size: size, path: path))
            return partition
        }
    }

    private typealias Part = (partition: StoragePartition, written: Int64)

    /// What earlier attempts have left.
    private func parts(of id: Int, _ looks: inout PartitionLooks) -> [Part] {
        area.partitions.filter { !$0.isReadOnly }.compactMap { partition in
            let incoming = IncomingDirectory(root: partition.root)
            return looks.hasPart(id, incoming) ? (partition, PartialFile.written(incoming.file(of: id))) : nil
        }
    }

    /// Where most of the file is, of those where the rest has room.
    private func resumable(
        _ size: Int64, _ parts: [Part], _ room: (StoragePartition) -> Int64?
    ) -> StoragePartition? {
        let usable = parts.filter { part in
            part.partition.isWritable && part.written > 0
                && room(part.partition).map {
                    $0.saturated(adding: -part.partition.reserve) >= max(0, size - part.written)
                } ?? false
        }
        return usable.max { $0.written < $1.written }?.partition
    }
}
