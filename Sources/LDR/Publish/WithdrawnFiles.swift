import RLSCore
import RLSStorage

/// Tells files that were withdrawn, here or by another site, and that are still what they were then, from others.
struct WithdrawnFiles {
    private let metadata: MetadataStore
    private let memory: WorkStore?

    init(_ metadata: MetadataStore, _ memory: WorkStore?) {
        self.metadata = metadata
        self.memory = memory
    }

    func divide(
        _ files: [CandidateFile]
    ) throws(StorageError) -> (withdrawn: [CandidateFile], others: [CandidateFile]) {
        let words = try metadata.lastWords(on: files.map(\.lfn))
        var (withdrawn, others) = ([CandidateFile](), [CandidateFile]())
        for file in files {
            if try isWithdrawn(file, words[file.lfn]) { withdrawn.append(file) } else { others.append(file) }
        }
        return (withdrawn, others)
    }

    private func isWithdrawn(_ file: CandidateFile, _ word: LastWord?) throws(StorageError) -> Bool {
        guard let word, word.record == nil else { return false }
        // Where nothing is remembered, what has not been touched since cannot have other content.
        return try memory?.hasChangedSincePublished(file.state).map { !$0 }
            ?? (file.state.changed / 1_000_000 <= HybridClock.milliseconds(word.clock))
    }
}
