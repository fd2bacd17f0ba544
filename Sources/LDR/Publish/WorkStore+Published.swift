import RLSCore
import RLSStorage
import RLSStorageSQLite
import SystemPackage

/// What of the files that this site publishes needs no second look: by it, a daemon that starts again reads what is new or
/// changed, and nothing else. When it is lost, files are read again, and nothing more.
extension WorkStore {
    /// Rows of a transaction: others that write wait for no more.
    private static let publishedAtOnce = 10_000

    /// Forgets all when the metadata are not the ones in which the files were published: another database, or an older state
    /// of it that was restored.
    func followPublished(_ metadata: MetadataStore) throws(StorageError) {
        let (epoch, change) = (try metadata.epoch, try metadata.lastChange)
        try file.write { (connection) throws(StorageError) in
            let same = try connection.statement("SELECT 1 FROM published_in WHERE epoch = ? AND change <= ?")
                .bind(1, text: epoch).bind(2, change).hasRow()
            if !same { try connection.statement("DELETE FROM published").run() }
            try connection.statement("INSERT OR REPLACE INTO published_in (is_only, epoch, change) VALUES (1, ?, ?)")
                .bind(1, text: epoch).bind(2, change).run()
        }
    }

    /// Those that have not been published as they are.
    /// - Parameter settings: the same files with other settings are published again
    func unpublished(_ files: [CandidateFile], settings: String) throws(StorageError) -> [CandidateFile] {
        let statement = try file.connection.statement(
            """
            SELECT 1 FROM published WHERE path = ?1 AND inode = ?2 AND size = ?3 AND modified = ?4 AND changed = ?5
            AND (settings IS NULL OR settings = ?6)
            """)
        var found: [CandidateFile] = []
        for candidate in files {
            try bind(candidate.state, to: statement)
            if try !statement.bind(5, candidate.state.changed).bind(6, text: settings).hasRow() {
                found.append(candidate)
            }
        }
        return found
    }

    /// Whether a file's content is taken for another than when it was published, by size and time of modification. Its time of
    /// change (ctime) and its inode do not count: links and permissions are no content, and another disk makes no other content.
    func hasChangedSincePublished(_ state: FileState) throws(StorageError) -> Bool? {
        let statement = try file.connection.statement(
            "SELECT size = ?3 AND modified = ?4 FROM published WHERE path = ?1")
        defer { statement.reset() }
        try bind(state, to: statement)
        return try statement.step() ? statement.integer(0) == 0 : nil
    }

    /// - Parameter settings: nil for files that somebody published by hand: they are not published again with others
    func notePublished(_ files: [FileState], settings: String?) throws(StorageError) {
        for start in stride(from: 0, to: files.count, by: Self.publishedAtOnce) {
            try file.write { (connection) throws(StorageError) in
                let statement = try connection.statement(
                    """
                    INSERT OR REPLACE INTO published (path, inode, size, modified, changed, settings)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                    """)
                for state in files[start..<min(start + Self.publishedAtOnce, files.count)] {
                    try bind(state, to: statement)
                    try statement.bind(5, state.changed)
                    if let settings { try statement.bind(6, text: settings) } else { try statement.bindNull(6) }
                    try statement.run()
                }
            }
        }
    }

    /// Forgets what is not there any longer.
    /// - Parameter isThere: of files below the directory
    package func forgetPublished(
        below directory: FilePath, unless isThere: (FilePath) -> Bool
    ) throws(StorageError) {
        var gone: [ByteString] = []
        let directory = directory.lexicallyNormalized().byteString
        // `0` follows `/`.
        var last = directory + "/"
        let end = directory + "0"
        while true {
            let page = try publishedPaths(after: last, before: end)
            gone += page.filter { !isThere(FilePath($0)) }
            guard let next = page.last else { break }
            last = next
        }
        for start in stride(from: 0, to: gone.count, by: Self.publishedAtOnce) {
            try file.write { (connection) throws(StorageError) in
                let delete = try connection.statement("DELETE FROM published WHERE path = ?")
                for path in gone[start..<min(start + Self.publishedAtOnce, gone.count)] {
                    try delete.bind(1, path).run()
                }
            }
        }
    }

    private func publishedPaths(after: ByteString, before: ByteString) throws(StorageError) -> [ByteString] {
        let statement = try file.connection.statement(
            "SELECT path FROM published WHERE path > ? AND path < ? ORDER BY path LIMIT ?")
        defer { statement.reset() }
        try statement.bind(1, after).bind(2, before).bind(3, Self.publishedAtOnce)
        var found: [ByteString] = []
        while try statement.step() { found.append(statement.bytes(0)) }
        return found
    }

    private func bind(_ state: FileState, to statement: SQLiteStatement) throws(StorageError) {
        try statement.bind(1, state.path.lexicallyNormalized().byteString).bind(2, Int64(bitPattern: state.inode)).bind(
            3, state.size
        )
        .bind(4, state.modified)
    }
}
