import RLSClient
import RLSCore
import RLSStorage
import SystemPackage

/// The second half of a pass, which may take hours. Others transfer, publish and remove meanwhile, so nothing is done about a
/// copy that is not, at that moment, what it was when it was read.
extension Verifier {
    /// A copy that differs from its metadata, as both were when it was read.
    struct BadCopy {
        let place: PartitionPath
        let mapping: Mapping
        let file: FileState
        let stamp: ChangeStamp
    }

    package nonisolated(nonsending) func readContents(_ pass: inout Pass, acts: Bool) async throws {
        let bad = try await findBad(&pass, acts: acts)
        try await conclude(bad, acts: acts, &pass.report)
    }

    nonisolated(nonsending) func findBad(_ pass: inout Pass, acts: Bool) async throws -> [BadCopy] {
        // To read one on tape would bring it back.
        let onTape = Set(area.partitions.filter(\.isTape).map(\.name))
        let files = pass.scan.files
        let places = pass.copies.copies.keys.filter { files[$0] != nil && !onTape.contains($0.partition) }.sorted()
        var (bad, pace) = ([BadCopy](), ReadPace(limits.rate))
        // The next pass goes on.
        let end = ContinuousClock.now + .seconds(max(60, limits.interval / 2))
        for place in try work.due(places, age: limits.age) where ContinuousClock.now < end {
            try Task.checkCancellation()
            guard let mapping = pass.copies.copies[place], let path = files[place]?.path,
                let (found, size) = try read(mapping, place, path, &pass.report)
            else { continue }
            pass.report.read += 1
            pass.report.readBytes += size
            if let found {
                bad.append(found)
            } else if acts {
                try work.noteRead(place, at: WorkStore.now)
                events.write(Event(.verified, mapping.lfn, bytes: size))
            }
            try await pace.wait(after: size)
        }
        return bad
    }

    /// - Returns: the copy if it is bad, and its bytes; nil for one of which nothing can be said
    private func read(
        _ mapping: Mapping, _ place: PartitionPath, _ path: FilePath, _ report: inout Report
    ) throws(StorageError) -> (bad: BadCopy?, size: Int64)? {
        guard let known = try metadata.record(of: mapping.lfn), let file = Self.file(path),
            try origin(of: mapping.lfn, known.record) != .outdated,
            let (isGood, size) = content(of: file, known.record, &report)
        else { return nil }
        return (isGood ? nil : BadCopy(place: place, mapping: mapping, file: file, stamp: known.stamp), size)
    }

    private static func file(_ path: FilePath) -> FileState? {
        guard case .file(let file)? = try? FileEntry(path, followsLinks: false) else { return nil }
        return file
    }

    /// Where a copy comes from, by which is told what may be done about it.
    private enum Origin {
        /// A transfer brought what the metadata say.
        case brought
        /// A transfer brought it, and another content is to take its place.
        case outdated
        /// This site published it, or nobody knows.
        case other
    }

    private func origin(of lfn: ByteString, _ record: FileRecord) throws(StorageError) -> Origin {
        guard let want = try work.want(of: lfn), try work.isBrought(lfn) else { return .other }
        let isCurrent =
            want.state == .present && want.size == record.size && want.checksum == record.checksums.strongestBytes
        return isCurrent ? .brought : .outdated
    }

    /// nil for a file that has gone, or that this program cannot read, which the report tells.
    private func content(
        of file: FileState, _ known: FileRecord, _ report: inout Report
    ) -> (isGood: Bool, size: Int64)? {
        do throws(DigestError) {
            let found = try ContentDigest.of(path: file.path.string, kinds: known.checksums.strongestKinds)
            let isGood = found.size == known.size && found.checksums.firstDifference(from: known.checksums) == nil
            return (isGood, found.size)
        } catch {
            if error.reason != .missing { report.refusals.append("not verified: \(error)") }
            return nil
        }
    }

    // MARK: What differs

    nonisolated(nonsending) func conclude(_ bad: [BadCopy], acts: Bool, _ report: inout Report) async throws {
        var corrupt: [BadCopy] = []
        for copy in bad {
            switch try originNow(of: copy) {
            case .brought: corrupt.append(copy)
            case .other: report.differing.append(copy.place.text)
            case .outdated, nil: break
            }
        }
        report.corrupt = corrupt.map(\.place.text)
        if let first = report.differing.first {
            report.refusals.append(
                "\(report.differing.count) files differ from what was published, and no transfer brought them: publish "
                    + "them again, or move them away; the first is \(first)")
        }
        let part = report.read == 0 ? 0 : Double(corrupt.count) / Double(report.read)
        guard isAllowed(part, corrupt.count, "corrupt", acts, &report) else { return }
        // First out of its place: a good one can take it.
        var gone: [Mapping] = []
        for copy in corrupt where try originNow(of: copy) == .brought && putAside(copy.place, &report) {
            gone.append(copy.mapping)
        }
        try await repair(gone, .corrupt)
    }

    /// nil when the file or what is known of it has changed since it was read.
    private func originNow(of copy: BadCopy) throws(StorageError) -> Origin? {
        guard let known = try metadata.record(of: copy.mapping.lfn), known.stamp == copy.stamp else { return nil }
        let origin = try origin(of: copy.mapping.lfn, known.record)
        return Self.file(copy.file.path) == copy.file ? origin : nil
    }
}

extension PartitionPath {
    var text: String { partition + "/" + path }
}

extension Checksums {
    /// What is computed to tell whether content is what it should be.
    fileprivate var strongestKinds: Set<ChecksumKind> { Set([strongest].compactMap(\.self)) }
}

/// Keeps reading below a number of bytes a second.
private struct ReadPace {
    private let rate: Int64
    private let began = ContinuousClock.now
    private var bytes: Int64 = 0

    init(_ rate: Int64) { self.rate = rate }

    mutating func wait(after more: Int64) async throws {
        bytes += more
        if rate <= 0 { return }
        let due = began + .seconds(Double(bytes) / Double(rate))
        if due > .now { try await Task.sleep(until: due) }
    }
}
