import Logging
import RLSCore
import RLSStorage
import SystemPackage

/// What became of files that were to be published.
package struct PublishReport: Sendable {
    /// Files whose metadata were not known, or were others.
    package var new = 0
    package var changed = 0
    package var unchanged = 0
    /// Files that could not be published, and why.
    package var problems: [FileProblem] = []

    package init() {}

    mutating func add(_ outcome: PublishOutcome) {
        new += outcome.new
        changed += outcome.changed
        unchanged += outcome.unchanged
    }
}

/// Introduces files that lie in the site's partitions: their checksums are computed, their metadata written, their copies
/// registered. All of it may be done again: what is known already changes nothing.
package struct Publisher {
    /// Files whose metadata are written, and that are registered, together.
    private static let batch = 1_000

    package struct Settings: Sendable {
        package var collection = ""
        /// For all files; they go before those that rules take from names.
        package var attributes: [String: MetadataValue] = [:]
        package var rules = NameRules([])
        package var checksums: Set<ChecksumKind> = [.adler32, .sha256]
        package var own = OwnDirectories()
        /// Only what is new or changed, by what is remembered under these words, and nothing that was withdrawn: for watched
        /// directories. nil publishes all.
        package var onlyNews: String?

        package init() {}
    }

    private let area: StorageArea
    private let metadata: MetadataStore
    private let catalog: any CopyCatalog
    private let events: EventLog
    private let threads: FileThreads
    private let settings: Settings
    private let memory: WorkStore?
    private let remembers: @Sendable (FilePath) -> Bool

    /// - Parameters:
    ///   - memory: remembers what was published
    ///   - remembers: whether it should, for a path
    package init(
        _ area: StorageArea, metadata: MetadataStore, catalog: any CopyCatalog, events: EventLog, threads: FileThreads,
        settings: Settings, memory: WorkStore? = nil, remembers: @escaping @Sendable (FilePath) -> Bool = { _ in true }
    ) {
        self.memory = memory
        self.remembers = remembers
        self.area = area
        self.metadata = metadata
        self.catalog = catalog
        self.events = events
        self.threads = threads
        self.settings = settings
    }

    /// Files one by one may be refused, which the report tells.
    /// - Throws: `StorageError`, and the catalog's errors: then what has been published so far is whole
    package nonisolated(nonsending) func publish(_ files: [CandidateFile]) async throws -> PublishReport {
        var report = PublishReport()
        try memory?.followPublished(metadata)
        for start in stride(from: 0, to: files.count, by: Self.batch) {
            let part = Array(files[start..<min(start + Self.batch, files.count)])
            let news = try news(part)
            if news.isEmpty { continue }
            let before = report.problems.count
            try await publish(news, &report)
            try remember(news, without: report.problems[before...])
            try Task.checkCancellation()
        }
        return report
    }

    private func news(_ files: [CandidateFile]) throws(StorageError) -> [CandidateFile] {
        guard let words = settings.onlyNews else { return files }
        let unknown = try memory?.unpublished(files, settings: words) ?? files
        let (withdrawn, news) = try WithdrawnFiles(metadata, memory).divide(unknown)
        try memory?.notePublished(withdrawn.map(\.state), settings: words)
        return news
    }

    private func remember(_ files: [CandidateFile], without problems: ArraySlice<FileProblem>) throws(StorageError) {
        let failed = Set(problems.map(\.path))
        let states = files.map(\.state).filter { !failed.contains($0.path) && remembers($0.path) }
        // First how far the metadata are: what is remembered is never of a later state than that.
        try memory?.followPublished(metadata)
        try memory?.notePublished(states, settings: settings.onlyNews)
    }

    private nonisolated(nonsending) func publish(_ files: [CandidateFile], _ report: inout PublishReport) async throws {
        var placed: [(file: CandidateFile, place: (pfn: ByteString, isTape: Bool))] = []
        var findings: OwnDirectories.Findings = [:]
        for file in files {
            do throws(FileProblem) { placed.append((file, try place(of: file, &findings))) } catch {
                report.problems.append(error)
            }
        }
        let onTape = Set(placed.indices.filter { placed[$0].place.isTape })
        let described = await Self.describe(placed.map(\.file), onTape: onTape, threads, settings)
        var (records, copies, sources) = ([FileRecord](), [Mapping](), [FilePath]())
        for (index, item) in placed.enumerated() {
            switch described[index] {
            case .success(let record):
                records.append(record)
                copies.append(Mapping(lfn: record.lfn, pfn: item.place.pfn))
                sources.append(item.file.state.path)
            case .failure(let problem): report.problems.append(problem)
            }
        }
        // First the copies: of metadata, others ask at once where the file is.
        let refused = try await catalog.register(copies)
        let paths = Dictionary(zip(copies, sources)) { first, _ in first }
        report.problems += refused.compactMap { refusal in
            paths[refusal.mapping].map { FileProblem($0, "is not registered: \(refusal)") }
        }
        let without = Set(refused.map(\.mapping.lfn))
        records.removeAll { without.contains($0.lfn) }
        let known = try metadata.records(of: records.map(\.lfn))
        report.add(try metadata.publish(records))
        events.write(records.filter { known[$0.lfn] != $0 }.map { Event(.published, $0.lfn, bytes: $0.size) })
    }

    /// Others fetch it from there, so it must be where the site says that its files are.
    private func place(
        of file: CandidateFile, _ findings: inout OwnDirectories.Findings
    ) throws(FileProblem) -> (pfn: ByteString, isTape: Bool) {
        let path = file.state.path.lexicallyNormalized()
        guard let place = area.locate(path: path.string) else {
            throw FileProblem(file.state.path, "is in no partition of the site: move it there first")
        }
        if let problem = settings.own.problem(path, in: place.partition, &findings) { throw problem }
        let url = area.url(place.partition, place.relativePath)
        // Before its metadata are written: others would look for it.
        if let problem = Mapping(lfn: file.lfn, pfn: url).lengthProblem {
            throw FileProblem(file.state.path, "cannot be registered: \(problem)")
        }
        return (url, place.partition.isTape)
    }

    private static func describe(
        _ files: [CandidateFile], onTape: Set<Int>, _ threads: FileThreads, _ settings: Settings
    ) async -> [Result<FileRecord, FileProblem>] {
        var results = [Result<FileRecord, FileProblem>?](repeating: nil, count: files.count)
        var kinds = settings.checksums
        for file in files { kinds.formUnion(ChecksumKind.allCases.filter { file.checksums[$0] != nil }) }
        for index in onTape { results[index] = believed(files[index], settings) }
        let read = files.indices.filter { !onTape.contains($0) }
        await threads.digest(paths: read.map { files[$0].state.path.string }, kinds: kinds) { position, digested in
            let file = files[read[position]]
            results[read[position]] = Result { () throws(FileProblem) in try record(file, digested, settings) }
        }
        return results.enumerated().map { index, result in
            result ?? .failure(FileProblem(files[index].state.path, "was not read"))
        }
    }

    /// To read a file on tape would bring it back: the manifest is believed.
    private static func believed(_ file: CandidateFile, _ settings: Settings) -> Result<FileRecord, FileProblem> {
        Result { () throws(FileProblem) in
            guard file.checksums.strongest != nil else {
                let advice = "is on tape and not read: publish it by a manifest that has a checksum of it"
                throw FileProblem(file.state.path, advice)
            }
            return try record(file, .success((file.state.size, file.checksums)), settings)
        }
    }

    private static func record(
        _ file: CandidateFile, _ digested: FileThreads.Digested, _ settings: Settings
    ) throws(FileProblem) -> FileRecord {
        let found: (size: Int64, checksums: Checksums)
        do throws(DigestError) { found = try digested.get() } catch {
            throw FileProblem(file.state.path, "cannot be read: \(error)")
        }
        guard found.size == file.state.size else { throw FileProblem(file.state.path, "is being written") }
        guard found.checksums.firstDifference(from: file.checksums) == nil else {
            throw FileProblem(file.state.path, "is not what its manifest says: a checksum differs")
        }
        var attributes = settings.rules.attributes(of: file.lfn)?.attributes ?? [:]
        attributes.merge(settings.attributes) { $1 }
        let record = FileRecord(
            lfn: file.lfn, size: found.size, checksums: found.checksums, collection: settings.collection,
            attributes: attributes)
        do throws(MetadataError) { _ = try MetadataRow(record) } catch {
            throw FileProblem(file.state.path, "has metadata beyond the limits: \(error)")
        }
        return record
    }
}
