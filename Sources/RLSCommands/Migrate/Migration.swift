import RLSConfiguration
import RLSCore
import RLSStorage

/// Copies a catalog into another database and compares the two.
struct Migration: Sendable {
    struct Options: Sendable {
        /// The target may hold other things, before and afterwards.
        var merges = false
        var isFromTheStart = false
        var onlyVerifies = false
        var partitions = 4
        /// nil: as is best for the target.
        var requestSize: RequestSize?
    }

    let from: String
    let to: String
    let options: Options
    let progress: MigrationProgress
    let interruption: InterruptionFlag

    func run() throws -> MigrationReport {
        defer { progress.clear() }
        let opening = PlaceOpening(from: from, to: to, partitions: options.partitions)
        let source = try opening.source()
        defer { source.close() }
        if options.onlyVerifies {
            let target = try opening.existingTarget()
            defer { target.close() }
            return try verified(MigrationReport(from: source, to: target), source, target)
        }
        let store = try opening.target()
        defer { store.shutdown() }
        let target = CatalogPlace(store, shown: opening.shownTarget)
        var report = MigrationReport(from: source, to: target)
        report.copied = try copy(source, store)
        report.skipped = report.copied?.skipped ?? Skipped()
        return try verified(report, source, target)
    }

    private func copy(_ source: CatalogPlace, _ store: any CatalogStore) throws -> CatalogCopier.Result {
        let catalog = try source.makeSource()
        let position = try start(catalog, store)
        let copier = CatalogCopier(
            source: catalog, target: store, size: requestSize, progress: progress, interruption: interruption)
        do {
            return try copier.run(from: position)
        } catch {
            throw MigrationError("\(error)\nmigration stopped; what was copied stays: the same command goes on")
        }
    }

    private var requestSize: RequestSize {
        if let chosen = options.requestSize { return chosen }
        if case .sqlite = DatabaseURL(to) { return .file }
        return .server
    }

    /// Where to begin, if the target may be written at all.
    private func start(_ source: any CatalogSource, _ store: any CatalogStore) throws -> CopyPosition {
        if options.merges || store.counts.mappings == 0 { return .beginning }
        guard let position = try source.position(in: try store.makeReader(), slack: requestSize.slack) else {
            throw MigrationError(
                "the target holds \(store.counts.mappings) mappings and is no copy of the source that was interrupted; "
                    + "--merge adds the source to them")
        }
        return options.isFromTheStart ? .beginning : position
    }

    private func verified(
        _ report: MigrationReport, _ source: CatalogPlace, _ target: CatalogPlace
    ) throws -> MigrationReport {
        let verifier = Verifier(from: source, to: target, progress: progress, interruption: interruption)
        var (report, skipped) = (report, Skipped())
        let began = ContinuousClock.now
        report.verification = options.merges ? try verifier.lookUp(&skipped) : try verifier.compare(&skipped)
        report.verificationSeconds = (ContinuousClock.now - began) / .seconds(1)
        // What was copied has been told already.
        if report.copied == nil { report.skipped = skipped }
        return report
    }
}
