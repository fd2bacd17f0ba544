import RLSTestSupport

extension CatalogBackend {
    /// Of an index, which has its tables in the database of the catalog where both can be in one.
    func indexLines(in directory: TemporaryDirectory) async throws -> [String] {
        let url = self == .sqlite ? "sqlite:" + directory.file("rli.db") : try await url(in: directory)
        return ["rli_server true", "rli_db_url \(url)", "rli_bloomfilter_dir \(directory.file("rli.db.filters"))"]
    }

    /// The same for every server that is started in the directory.
    func url(in directory: TemporaryDirectory) async throws -> String {
        switch self {
        case .sqlite: return "sqlite:" + directory.file("lrc.db")
        case .postgresql:
            let known = directory.text("database")
            if !known.isEmpty { return known }
            let new = try await PostgreSQLServer.shared.freshDatabase()
            try directory.write(new, to: "database")
            return new
        }
    }
}
