import RLSClient
import RLSCore
import RLSStorage

/// Removes the copies of some files: forgets them in the catalog, looks once more whether others have the files, and only then
/// removes them from the disk. Of two sites that do this with the last two copies at the same time, one sees that the other's
/// is gone and keeps its own.
struct ReapBatch {
    private let reaper: Reaper
    private let evenLast: Bool
    private let acts: Bool

    init(_ reaper: Reaper, evenLast: Bool, acts: Bool) {
        self.reaper = reaper
        self.evenLast = evenLast
        self.acts = acts
    }

    /// A file that goes, and its copies here.
    private struct Doomed {
        let file: ReapCandidate
        let copies: [RemovableCopy]
        /// Whether the catalog knows them: not where an earlier pass was cut off.
        let isRegistered: Bool
    }

    nonisolated(nonsending) func reap(_ files: [ReapCandidate], _ report: inout ReapReport) async throws {
        if files.isEmpty { return }
        let known = Dictionary(grouping: try await reaper.catalog.copies(of: files.map(\.lfn)), by: \.lfn)
        let ours = known.mapValues { Set($0.map(\.pfn)) }
        var doomed: [Doomed] = []
        for file in files {
            if let one = try prepare(file, known[file.lfn] ?? [], &report) { doomed.append(one) }
        }
        let safe = try await othersHave(doomed.filter { !$0.copies.isEmpty }, ours)
        var (going, last) = ([Doomed](), [Doomed]())
        for one in doomed {
            if one.copies.isEmpty || safe.contains(one.file.lfn) { going.append(one) } else { last.append(one) }
        }
        for one in last { report.keep(one.file, "no other copy is known") }
        if !acts {
            for one in going { report.reap(one.file) }
            return
        }
        // What an earlier pass forgot, and what is the last copy now.
        let forgotten = last.filter { !$0.isRegistered }.flatMap(\.copies).map(\.mapping)
        if !forgotten.isEmpty { try await reaper.catalog.registerAll(forgotten) }
        try await remove(going, ours, &report)
    }

    private func prepare(
        _ file: ReapCandidate, _ known: [Mapping], _ report: inout ReapReport
    ) throws(StorageError) -> Doomed? {
        if known.isEmpty {
            guard let word = try reaper.metadata.lastWord(on: file.lfn), let record = word.record else { return nil }
            return Doomed(
                file: file, copies: reaper.places.leftovers(record, publisher: word.site), isRegistered: false)
        }
        let copies = known.compactMap { reaper.places.removable($0) }
        guard copies.count == known.count else {
            report.keep(file, "a copy is in a read-only partition, or in none of this site")
            return nil
        }
        return Doomed(file: file, copies: copies, isRegistered: true)
    }

    /// Those of which somebody else has a copy.
    private nonisolated(nonsending) func othersHave(
        _ doomed: [Doomed], _ ours: [ByteString: Set<ByteString>]
    ) async throws -> Set<ByteString> {
        let names = doomed.map(\.file.lfn)
        if evenLast || names.isEmpty { return Set(names) }
        let found = try await reaper.finder.find(names)
        return Set(names.filter { reaper.places.hasOther(found.urls[$0] ?? [], than: ours[$0] ?? []) })
    }

    private nonisolated(nonsending) func remove(
        _ doomed: [Doomed], _ ours: [ByteString: Set<ByteString>], _ report: inout ReapReport
    ) async throws {
        let copies = doomed.flatMap(\.copies).map(\.mapping)
        if !copies.isEmpty { try await reaper.catalog.unregister(copies) }
        let safe: Set<ByteString>
        do { safe = try await othersHave(doomed.filter { !$0.copies.isEmpty }, ours) } catch {
            // They are still there, and shall be known.
            try await reaper.catalog.registerAll(copies)
            throw error
        }
        var (gone, staying) = ([ReapCandidate](), [Mapping]())
        for one in doomed {
            if !one.copies.isEmpty && !safe.contains(one.file.lfn) {
                staying += one.copies.map(\.mapping)
                report.keep(one.file, "the other copy has gone meanwhile")
                continue
            }
            guard try reaper.work.isUnchanged(one.file) else {
                staying += one.copies.map(\.mapping)
                report.keep(one.file, "it has come anew, or is wanted again, meanwhile")
                continue
            }
            let left = unlink(one, &report)
            staying += left
            if left.isEmpty { gone.append(one.file) }
        }
        if !staying.isEmpty { try await reaper.catalog.registerAll(staying) }
        try reaper.work.expire(gone)
        reaper.events.write(
            gone.map { Event(.reaped, $0.lfn, bytes: $0.size, message: $0.reason.rawValue) })
        for file in gone { report.reap(file) }
    }

    /// - Returns: what could not be removed
    private func unlink(_ doomed: Doomed, _ report: inout ReapReport) -> [Mapping] {
        var left: [Mapping] = []
        for copy in doomed.copies {
            guard case .failed(let cause) = CopyRemoval.remove(copy.path, of: copy.partition) else { continue }
            left.append(copy.mapping)
            report.keep(doomed.file, cause)
        }
        return left
    }
}
