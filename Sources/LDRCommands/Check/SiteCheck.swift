import Foundation
import LDR
import RLSCore

/// Tries what a site's daemons will use.
struct SiteCheck {
    private let site: SiteConfiguration
    private let places: SitePlaces

    init(_ site: SiteConfiguration) {
        self.site = site
        places = SitePlaces(site)
    }

    /// A name that no file should have.
    private static let probe: ByteString = "ldr check"

    func run() async -> [Finding] {
        var findings = directories + partitions + programs
        findings.append(await catalog())
        for index in site.rlis { findings.append(await self.index(index)) }
        findings.append(metadata)
        for peer in site.peers { findings.append(await log(of: peer)) }
        return findings
    }

    // MARK: On this machine

    private var directories: [Finding] {
        var paths = [("directory", places.directory)]
        if !site.logDirectory.isEmpty { paths.append(("log_directory", site.logDirectory)) }
        return paths.map { word, path in
            Finding("\(word) \(path)", problem: Self.directoryProblem(path, isWritten: true))
        }
            + site.watches.map {
                Finding("watch \($0.directory)", problem: Self.directoryProblem($0.directory, isWritten: false))
            }
    }

    private var partitions: [Finding] {
        ((try? Assembly.area(site))?.partitions ?? []).map { partition in
            let what = "partition \(partition.name) \(partition.root)"
            if let problem = Self.directoryProblem(partition.root, isWritten: !partition.isReadOnly) {
                return Finding(what, problem: problem)
            }
            guard partition.isWritable, let free = partition.freeBytes() else { return Finding(what) }
            let room = max(0, free - partition.reserve)
            return Finding(
                what + ", room for \(Sizes.text(room))", problem: room > 0 ? nil : "it is full, but for its reserve")
        }
    }

    private static func directoryProblem(_ path: String, isWritten: Bool) -> String? {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            return "is no directory: make it, or mount what belongs there"
        }
        let mode = R_OK | X_OK | (isWritten ? W_OK : 0)
        return access(path, mode) == 0 ? nil : "this user may not \(isWritten ? "write" : "read") it"
    }

    /// What fetches from peers; with which programs files come is known when there are some.
    private var programs: [Finding] {
        let schemes = Set(site.peers.compactMap { $0.url.split(separator: ":").first.map { $0.lowercased() } })
        var needed: Set<String> = []
        if !schemes.isDisjoint(with: ["gsiftp"]) { needed.insert("globus-url-copy") }
        if !schemes.isDisjoint(with: ["http", "https", "dav", "davs"]) { needed.insert("curl") }
        let commands =
            site.commands.values.compactMap { try? CommandTemplate($0).program }
            + site.stageCommands.compactMap { try? CommandTemplate($0.command, .stage).program }
        return needed.union(commands).sorted().map { program in
            let packages = ["globus-url-copy": "globus-gass-copy-progs", "curl": "curl"]
            let advice = packages[program].map { ": install the package \($0)" } ?? ""
            return Finding(
                "program \(program)",
                problem: ProgramPath.find(program) != nil ? nil : "is not there, or not on PATH\(advice)")
        }
    }

    // MARK: Services

    private func catalog() async -> Finding {
        guard let address = site.lrc else {
            return Finding("catalog", problem: "the configuration names none: `lrc rls://host`")
        }
        return await Finding.of("catalog \(address)") {
            let link = CatalogLink(address)
            let answer = await Result.of { try await link.copies(of: [Self.probe]) }
            await link.close()
            _ = try answer.get()
        }
    }

    private func index(_ address: ServerAddress) async -> Finding {
        await Finding.of("index \(address)") {
            let finder = IndexedReplicaFinder(indexes: [address])
            let answer = await Result.of { try await finder.find([Self.probe]) }
            await finder.close()
            _ = try answer.get()
        }
    }

    private var metadata: Finding {
        // A file is for the daemons to make, who may be another user.
        if site.metadata == nil, access(places.metadata, F_OK) != 0 {
            return Finding("metadata, of which there are none yet")
        }
        do {
            let store = try MetadataStore(of: site)
            return Finding("metadata of \(try store.count) files in \(store.place)")
        } catch {
            return Finding("metadata", problem: "\(error)")
        }
    }

    private func log(of peer: PeerConfiguration) async -> Finding {
        await Finding.of("log of \(peer.site) at \(peer.url)") {
            let fetcher = LogFetcher(
                tools: try Assembly.tools(site), settings: Assembly.settings(site.transfer), scratch: places.scratch)
            _ = try await LogFollower.lastChange(of: peer.site, fetch: fetcher.fetch(from: peer))
        }
    }
}

extension Result where Failure == any Error {
    fileprivate static func of(_ body: () async throws -> Success) async -> Result {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
