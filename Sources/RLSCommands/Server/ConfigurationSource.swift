import Foundation
import RLSConfiguration
import RLSSecurity

/// Where a server's configuration comes from; read again on SIGHUP.
struct ConfigurationSource: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Loaded: Sendable {
        var configuration: ServerConfiguration
        var notes: [String]
    }

    let file: String?
    /// From the command line: these win over the file.
    let settings: [(key: String, value: String)]

    func load() throws(Failure) -> Loaded {
        var loaded = try base()
        var seen: Set<String> = []
        for (key, value) in settings {
            guard let option = ServerOptions.option(key) else { throw Failure(description: "unknown keyword `\(key)`") }
            // The first on the command line takes the place of all lines of the file.
            if seen.insert(option.key).inserted { option.copy(ServerConfiguration(), &loaded.configuration) }
            do { try option.set(&loaded.configuration, value) } catch {
                throw Failure(description: "command line: `\(key)`: \(error)")
            }
            if let successor = option.successor { loaded.notes.append("`\(key)` has no effect; \(successor)") }
        }
        try complete(&loaded)
        return loaded
    }

    private func base() throws(Failure) -> Loaded {
        guard let path = file ?? Self.usualPlaces.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            let database = DataDirectory.path + "/lrc.db"
            return Loaded(
                configuration: .embedded(database: database),
                notes: ["no configuration file: a catalog without authentication, on loopback, in \(database)"])
        }
        var configuration = ServerConfiguration()
        do {
            let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
            let notes = try ConfigurationFile.apply(text, named: path, to: &configuration)
            return Loaded(configuration: configuration, notes: notes)
        } catch let error as ConfigurationFile.ParseError {
            throw Failure(description: error.description)
        } catch {
            throw Failure(description: "\(path): cannot be read: \(error.localizedDescription)")
        }
    }

    private static var usualPlaces: [String] {
        let environment = ProcessInfo.processInfo.environment
        let globus = environment["GLOBUS_LOCATION"].map { ["\($0)/etc/globus-rls-server.conf"] } ?? []
        return globus + ["/etc/rls/rls-server.conf"]
    }

    /// What follows from the options together.
    private func complete(_ loaded: inout Loaded) throws(Failure) {
        let configuration = loaded.configuration
        if !configuration.isCatalog && !configuration.isIndex {
            throw Failure(description: "nothing to serve: set `lrc_server true` or `rli_server true`")
        }
        let address = configuration.effectiveListenAddress
        if !configuration.isAuthenticated && !configuration.isInsecureListenAnywhereAllowed && !Self.isLoopback(address)
        {
            throw Failure(
                description: "listen_address \(address) without authentication lets everyone in who reaches it: "
                    + "use 127.0.0.1, or set `insecure_listen_anywhere true`")
        }
        if configuration.isAuthenticated && configuration.accessRules.isEmpty {
            loaded.notes.append("no `acl` line: nobody is allowed anything")
        }
        try addGridMap(&loaded)
        try addDatabases(&loaded)
    }

    private func addDatabases(_ loaded: inout Loaded) throws(Failure) {
        let configuration = loaded.configuration
        if configuration.isCatalog && configuration.isIndex
            && configuration.catalogDatabase == configuration.indexDatabase,
            case .sqlite = DatabaseURL(configuration.indexDatabase)
        {
            throw Failure(description: "lrc_db_url and rli_db_url name one file: give each its own")
        }
        if configuration.isIndex && configuration.indexDatabase.isEmpty && !configuration.takesFiltersOnly {
            let path = DataDirectory.path + "/rli.db"
            loaded.configuration.indexDatabase = "sqlite:" + path
            loaded.notes.append("no rli_db_url: the index is \(path); `rli_bloomfilter true` does without")
        }
        if configuration.isCatalog && configuration.catalogDatabase.isEmpty {
            let path = DataDirectory.path + "/lrc.db"
            loaded.configuration.catalogDatabase = "sqlite:" + path
            loaded.notes.append("no lrc_db_url: the catalog is \(path)")
        }
    }

    /// Without a keyword the file at the usual place, if there is one.
    private func addGridMap(_ loaded: inout Loaded) throws(Failure) {
        guard loaded.configuration.gridMap.path.isEmpty else { return }
        let named = ProcessEnvironment.all["GRIDMAP"].flatMap { $0.isEmpty ? nil : $0 }
        let path = named ?? "/etc/grid-security/grid-mapfile"
        guard named != nil || FileManager.default.fileExists(atPath: path) else { return }
        do { loaded.configuration.gridMap = try GridMap(contentsOf: path) } catch {
            throw Failure(description: "\(error)")
        }
    }

    private static func isLoopback(_ address: String) -> Bool {
        address == "localhost" || address == "::1" || address.hasPrefix("127.")
    }
}

/// Where a user's own catalog lives: `$RLS_DATA`, `$XDG_DATA_HOME/rls`, else `~/.local/share/rls`.
enum DataDirectory {
    static var path: String {
        let environment = ProcessInfo.processInfo.environment
        if let own = environment["RLS_DATA"], !own.isEmpty { return own }
        if let shared = environment["XDG_DATA_HOME"], !shared.isEmpty { return shared + "/rls" }
        return NSHomeDirectory() + "/.local/share/rls"
    }
}
