import Foundation
import RLSClient
import RLSCore
import RLSWire

/// `-S`: what servers of every version tell, in the original's layout.
struct StatsReport {
    let session: CLISession

    private struct Peers {
        var updated: [UpdatedServerItem] = []
        var parents: [UpdatedServerItem] = []
        var senders: [IndexSender] = []
    }

    func run() async throws {
        let statistics = try await session.client.statistics()
        let peers = try await peers(statistics.flags)
        if session.output.style == .json {
            session.output.result("", fields(statistics) + fields(peers))
        } else {
            for line in lines(statistics, peers) { session.output.write(ByteString(line)) }
        }
    }

    private func peers(_ flags: ServerStatistics.Flags) async throws -> Peers {
        var peers = Peers()
        if flags.contains(.lrc) {
            peers.updated = try await known { try await $0.call(Methods.rliList, NoArguments()).items } ?? []
        }
        if flags.contains(.rli) {
            peers.senders = try await senders()
            peers.parents = try await known { try await $0.call(Methods.parentList, NoArguments()).items } ?? []
        }
        return peers
    }

    private func senders() async throws -> [IndexSender] {
        if let senders = try await known({ try await IndexClient($0).senders() }) { return senders }
        return try await known { try await IndexClient($0).catalogSenders() } ?? []
    }

    /// Nobody there, or no right to know, is not an error here. nil from a server that is too old for the question, and
    /// has closed the connection.
    private func known<Item>(_ ask: (RLSConnection) async throws -> [Item]) async throws -> [Item]? {
        do {
            return try await ask(try await session.client.connection)
        } catch let error as CatalogError where [.rliNotFound, .invalidServer, .permission].contains(error.code) {
            return []
        } catch let error as CatalogError where error.code == .badMethod {
            await session.disconnect()
            return nil
        }
    }
}

extension StatsReport {
    private func lines(_ s: ServerStatistics, _ peers: Peers) -> [String] {
        let two: (Int) -> String = { String(format: "%02d", $0) }
        var lines = ["Version:    \(s.version)"]
        lines.append("Uptime:     \(two(s.uptime / 3600)):\(two(s.uptime / 60 % 60)):\(two(s.uptime % 60))")
        if s.flags.contains(.lrc) { lines += catalogLines(s, peers) }
        if s.flags.contains(.rli) { lines += indexLines(s, peers) }
        return lines
    }

    private func catalogLines(_ s: ServerStatistics, _ peers: Peers) -> [String] {
        var lines = ["LRC stats"]
        if s.flags.contains(.sendsLists) { lines.append("  update method: lfnlist") }
        if s.flags.contains(.sendsFilters) { lines.append("  update method: bloomfilter") }
        lines += peers.updated.map(line)
        lines.append("  lfnlist update interval: \(s.listInterval)")
        lines.append("  bloomfilter update interval: \(s.filterInterval)")
        return lines + ["  numlfn: \(s.lrcLFNs)", "  numpfn: \(s.lrcPFNs)", "  nummap: \(s.lrcMappings)"]
    }

    private func indexLines(_ s: ServerStatistics, _ peers: Peers) -> [String] {
        var lines = ["RLI stats"]
        lines += peers.senders.map { "  updated by: \($0.url) last \(Times.date($0.lastUpdate))" }
        if s.flags.contains(.receivesLists) { lines.append("  updated via lfnlists") }
        if s.flags.contains(.receivesFilters) { lines.append("  updated via bloomfilters") }
        lines += peers.parents.map(line)
        lines += ["  numlfn: \(s.rliLFNs)", "  numlrc: \(s.rliLRCs)"]
        if let senders = s.rliSenders { lines.append("  numsender: \(senders)") }
        return lines + ["  nummap: \(s.rliMappings)"]
    }

    private func line(_ server: UpdatedServerItem) -> String {
        let method = server.isFilter ? "bloomfilter:" : "lfnlist:    "
        return "  updates \(method) \(server.url) last \(Times.date(server.lastUpdate))"
    }

    private func fields(_ s: ServerStatistics) -> [(String, JSONField)] {
        let own: [(String, JSONField)] = [
            ("version", .bytes(ByteString(s.version))), ("uptime", .number(s.uptime)),
            ("flags", .number(s.flags.rawValue)),
            ("lfnlist_interval", .number(s.listInterval)), ("bloomfilter_interval", .number(s.filterInterval)),
            ("lrc_numlfn", .number(s.lrcLFNs)), ("lrc_numpfn", .number(s.lrcPFNs)),
            ("lrc_nummap", .number(s.lrcMappings)),
            ("rli_numlfn", .number(s.rliLFNs)), ("rli_numlrc", .number(s.rliLRCs)),
        ]
        return own + (s.rliSenders.map { [("rli_numsender", .number($0))] } ?? [])
            + [("rli_nummap", .number(s.rliMappings))]
    }

    private func fields(_ peers: Peers) -> [(String, JSONField)] {
        let senders = peers.senders.map { [("url", JSONField.bytes($0.url)), ("last_update", .number($0.lastUpdate))] }
        return [
            ("updates", .list(peers.updated.map(fields))), ("updated_by", .list(senders)),
            ("index_updates", .list(peers.parents.map(fields))),
        ]
    }

    private func fields(_ server: UpdatedServerItem) -> [(String, JSONField)] {
        [
            ("url", .bytes(server.url)), ("kind", .bytes(server.isFilter ? "bloomfilter" : "lfnlist")),
            ("interval", .number(server.interval)), ("last_update", .number(server.lastUpdate)),
        ]
    }
}

extension UpdatedServerItem {
    fileprivate var isFilter: Bool { flags & AdminRequest.filterFlag != 0 }
}
