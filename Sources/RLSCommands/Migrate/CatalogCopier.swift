import RLSCore
import RLSStorage

/// Copies a catalog into a store. Every change is harmless where it has been made before.
struct CatalogCopier {
    struct Result: Sendable {
        /// Not from the beginning.
        var isContinued = false
        /// Gone through; those that were there already included.
        var mappings = 0
        var values = 0
        var definitions = 0
        var rlis = 0
        /// Mappings that were not there.
        var added = 0
        var skipped = Skipped()
        var seconds = 0.0
    }

    let source: any CatalogSource
    let target: any CatalogStore
    let size: RequestSize
    let progress: MigrationProgress
    let interruption: InterruptionFlag

    func run(from position: CopyPosition) throws -> Result {
        let began = ContinuousClock.now
        let before = target.counts.mappings
        let reader = try target.makeReader()
        let window = SubmissionWindow(target, size: size)
        var result = Result(isContinued: position != .beginning)
        do {
            try copyDefinitions(reader, window, &result)
            try copyMappings(from: position, window, &result)
            try copyValues(window, &result)
            if !interruption.isRaised { try copyRLIs(reader, window, &result) }
        } catch {
            // What was sent may be done: wait for the answers that still come.
            _ = try? window.finish()
            throw error
        }
        result.skipped = result.skipped + (try window.finish())
        if interruption.isRaised { throw MigrationError("interrupted") }
        result.added = target.counts.mappings - before
        result.seconds = (ContinuousClock.now - began) / .seconds(1)
        return result
    }

    private func copyDefinitions(
        _ reader: any CatalogReader, _ window: SubmissionWindow, _ result: inout Result
    ) throws {
        var known: [NameKind: [ByteString: AttributeType]] = [:]
        for kind in NameKind.allCases {
            for definition in try reader.attributeDefinitions(kind) {
                known[kind, default: [:]][definition.name] = definition.type
            }
        }
        reader.release()
        var changes: [Change] = []
        for definition in try source.definitions(&result.skipped) {
            guard let type = known[definition.kind]?[definition.name] else {
                changes.append(.defineAttribute(definition))
                continue
            }
            guard type == definition.type else {
                throw MigrationError(
                    "attribute \(Skipped.shown(definition.name)) of \(definition.kind.label) is \(type.name) in the target, "
                        + "\(definition.type.name) in the source")
            }
        }
        result.definitions = changes.count
        if !changes.isEmpty { _ = window.submit(changes) }
    }

    private func copyMappings(
        from position: CopyPosition, _ window: SubmissionWindow, _ result: inout Result
    ) throws(StorageError) {
        progress.begin("copying mappings", total: position == .beginning ? try source.estimatedMappings() : nil)
        var gatherer = RequestGatherer<Mapping>(size, window, order: <) {
            $0.lfn.count + $0.pfn.count
        } change: {
            .ensure($0)
        }
        var count = 0
        try source.mappings(from: position, &result.skipped) { page in
            count += page.count
            progress.advance(page.count)
            return interruption.isRaised ? .stop : gatherer.add(page)
        }
        _ = gatherer.send()
        result.mappings = count
    }

    private func copyValues(_ window: SubmissionWindow, _ result: inout Result) throws(StorageError) {
        progress.begin("copying attribute values", total: nil)
        var gatherer = RequestGatherer<ObjectValue>(size, window) {
            $0.key < $1.key
        } bytes: {
            $0.key.count + $0.value.text.count
        } change: {
            .setAttribute(AttributeSetting($0))
        }
        var count = 0
        try source.values(&result.skipped) { page in
            count += page.count
            progress.advance(page.count)
            return interruption.isRaised ? .stop : gatherer.add(page)
        }
        _ = gatherer.send()
        result.values = count
    }

    /// Each index server is there with all its patterns or not at all. One that the target has already is left as it is.
    private func copyRLIs(
        _ reader: any CatalogReader, _ window: SubmissionWindow, _ result: inout Result
    ) throws(StorageError) {
        let known = Set(try reader.rlis().map(\.url))
        reader.release()
        for rli in try source.rlis(&result.skipped) where !known.contains(rli.url) {
            let patterns = rli.patterns.isEmpty ? [.empty] : rli.patterns
            result.rlis += 1
            _ = window.submit(patterns.map { .addRLI(url: rli.url, flags: rli.flags, pattern: $0) })
        }
    }
}

extension AttributeSetting {
    fileprivate init(_ value: ObjectValue) {
        self.init(
            .ensure, kind: value.kind, key: value.key, name: value.name, type: value.value.type, text: value.value.text)
    }
}

/// Why a migration has ended, for people.
struct MigrationError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
