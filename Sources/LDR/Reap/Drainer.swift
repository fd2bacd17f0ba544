import NIOConcurrencyHelpers
import RLSClient
import RLSCore
import RLSStorage

/// Moves copies off partitions that drain, to those that have room.
package struct Drainer {
    package struct Report: Sendable, Encodable {
        /// Copies that were to be moved.
        package var due = 0
        package var moved = 0
        package var movedBytes: Int64 = 0
        /// Copies that are still where they were, and why.
        package var kept: [ReapReport.File] = []

        package init() {}
    }

    private let places: CopyPlaces
    private let catalog: any CopyListing
    private let metadata: MetadataStore
    private let events: EventLog
    private let tool: any TransferTool
    private let landing: Landing
    private let free: @Sendable (StoragePartition) -> Int64?

    /// - Parameter free: bytes that are free in a partition; nil for one that gets nothing now, as one that is not mounted
    package init(
        area: StorageArea, catalog: any CopyListing, metadata: MetadataStore, events: EventLog,
        tool: any TransferTool = LocalCopyTool(), landing: Landing = Landing(),
        free: @escaping @Sendable (StoragePartition) -> Int64? = { $0.freeBytes() }
    ) {
        self.free = free
        places = CopyPlaces(area: area)
        self.catalog = catalog
        self.metadata = metadata
        self.events = events
        self.tool = tool
        self.landing = landing
    }

    private var area: StorageArea { places.area }

    package static func isNeeded(_ area: StorageArea) -> Bool {
        area.partitions.contains { $0.isDraining && !$0.isReadOnly }
    }

    /// One pass. It may be cut off anywhere: a copy is forgotten, and then removed, only after another is complete, verified
    /// and registered.
    /// - Parameter acts: false only tells what is to be moved
    /// - Throws: `StorageError`, the errors of the catalog
    package nonisolated(nonsending) func pass(acts: Bool) async throws -> Report {
        var report = Report()
        if !Self.isNeeded(area) { return report }
        let draining = try await catalog.allCopies().compactMap { places.removable($0) }.filter(\.partition.isDraining)
        report.due = draining.count
        if !acts { return report }
        for (number, copy) in draining.enumerated() {
            try Task.checkCancellation()
            try await move(copy, number, &report)
        }
        return report
    }

    private nonisolated(nonsending) func move(
        _ copy: RemovableCopy, _ number: Int, _ report: inout Report
    ) async throws {
        let lfn = copy.mapping.lfn
        guard let known = try metadata.record(of: lfn) else {
            return report.keep(lfn, 0, "its metadata are not known: nothing tells whether a copy is right")
        }
        let record = known.record
        do throws(TransferFailure) {
            if try await !hasOther(copy, record) {
                let new = try await self.copy(copy, record, known.stamp.site, number)
                try await register(new)
            }
        } catch {
            return report.keep(lfn, record.size, error.description)
        }
        try await catalog.unregister([copy.mapping])
        if case .failed(let cause) = CopyRemoval.remove(copy.path, of: copy.partition) {
            try await catalog.registerAll([copy.mapping])
            return report.keep(lfn, record.size, cause)
        }
        report.moved += 1
        report.movedBytes = report.movedBytes.saturated(adding: record.size)
        let message = "\(copy.mapping.pfn): its partition drains"
        events.write(Event(.moved, lfn, bytes: record.size, message: message))
    }

    private nonisolated(nonsending) func register(_ new: Mapping) async throws(TransferFailure) {
        do { try await catalog.registerAll([new]) } catch {
            throw TransferFailure(.localError, "the catalog did not take \(new.pfn): \(error)")
        }
    }

    /// Whether an earlier pass, or a transfer, has brought the file to a partition that stays, whose content is read.
    private nonisolated(nonsending) func hasOther(
        _ copy: RemovableCopy, _ record: FileRecord
    ) async throws(TransferFailure) -> Bool {
        let all: [Mapping]
        do { all = try await catalog.copies(of: [copy.mapping.lfn]) } catch {
            throw TransferFailure(.localError, "the catalog does not say what copies there are: \(error)")
        }
        for other in all.compactMap({ places.removable($0) }) where other.partition.isWritable {
            switch await landing.standing(record, root: other.partition.root, name: other.path) {
            case .right: return true
            case .other: continue
            case .unknown:
                // Without a checksum nothing tells more than the size.
                let size = FileCalls.size(other.partition.root + "/" + other.path)
                if record.checksums.strongest == nil && size == record.size { return true }
            }
        }
        return false
    }

    private nonisolated(nonsending) func copy(
        _ copy: RemovableCopy, _ record: FileRecord, _ publisher: String, _ number: Int
    ) async throws(TransferFailure) -> Mapping {
        guard let partition = area.choose(for: record.size, free: free) else {
            throw TransferFailure(.diskFull, "no partition has room for \(record.size) bytes")
        }
        let path: String
        do throws(LayoutError) { path = try area.layout.path(for: record, publisher: publisher) } catch {
            throw TransferFailure(.localError, "no place: \(error)")
        }
        let incoming = IncomingDirectory(root: partition.root)
        try incoming.prepare()
        // Files that are wanted have positive numbers.
        let id = -1 - number
        let source = ByteString(Array("file://".utf8) + URLPath.encoded(copy.partition.root + "/" + copy.path))
        let request = TransferRequest(id: id, source: source, destination: incoming.file(of: id), expected: record)
        let outcome = NIOLockedValueBox<TransferOutcome?>(nil)
        await tool.run([request], TransferSettings(), began: landing.follow) { _, result in
            outcome.withLockedValue { $0 = result }
        }
        if let failure = outcome.withLockedValue({ $0?.failure }) {
            landing.forget(request)
            throw failure
        }
        do throws(TransferFailure) {
            _ = try await landing.land(request, root: partition.root, name: ByteString(path))
        } catch {
            incoming.remove(id)
            throw error
        }
        return Mapping(lfn: record.lfn, pfn: area.url(partition, path))
    }
}

extension Drainer.Report {
    fileprivate mutating func keep(_ lfn: ByteString, _ size: Int64, _ reason: String) {
        kept.append(ReapReport.File(lfn: lfn.description, size: size, reason: reason))
    }
}
