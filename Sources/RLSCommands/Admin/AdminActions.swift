import Foundation
import RLSClient
import RLSCore
import RLSWire

/// What rls-admin does, printed as the original prints it.
struct AdminActions {
    let client: CatalogClient
    let output: Output

    func ping(_ address: ServerAddress, since began: ContinuousClock.Instant) async throws {
        try await command(.ping)
        let elapsed = (ContinuousClock.now - began) / .seconds(1)
        output.note("ping \(address): \(Int(elapsed)) seconds")
        if output.style == .json {
            output.result(
                "", [("server", .bytes(ByteString(address.description))), ("seconds", .literal("\(elapsed)"))])
        }
    }

    func quit() async throws { try await command(.quit) }

    func clear() async throws { _ = try await client.connection.call(Methods.clear, NoArguments()) }

    private func command(_ command: AdminCommandCode) async throws {
        _ = try await client.connection.call(Methods.admin, WordArguments("\(command.rawValue)"))
    }

    /// `  name                     value`
    func show(_ option: String) async throws {
        let pairs = try await client.connection.call(Methods.getConfiguration, WordArguments(ByteString(option))).items
        for pair in pairs {
            let name = pair.first.description
            let gap = String(repeating: " ", count: max(1, 25 - name.count))
            output.result(ByteString(name + gap) + pair.second, [(name, .bytes(pair.second))])
        }
        if pairs.first?.second == "unknown option" && option != "all" { throw UnknownOption(name: option) }
    }

    func change(_ option: String, to value: String) async throws {
        let arguments = WordPairArguments(ByteString(option), ByteString(value))
        _ = try await client.connection.call(Methods.setConfiguration, arguments)
    }

    func stats() async throws {
        let statistics = try await client.statistics()
        let updated = try await updatedServers()
        if output.style == .json {
            output.result("", fields(statistics))
        } else {
            for line in lines(statistics, updated) { output.write(ByteString(line)) }
        }
    }

    /// Nobody to update is not an error here.
    private func updatedServers() async throws -> [UpdatedServerItem] {
        do {
            return try await client.connection.call(Methods.rliList, NoArguments()).items
        } catch let error as CatalogError where [.rliNotFound, .invalidServer, .permission].contains(error.code) {
            return []
        }
    }

    private func lines(_ s: ServerStatistics, _ updated: [UpdatedServerItem]) -> [String] {
        let two: (Int) -> String = { String(format: "%02d", $0) }
        var lines = ["Version:    \(s.version)"]
        lines.append("Uptime:     \(two(s.uptime / 3600)):\(two(s.uptime / 60 % 60)):\(two(s.uptime % 60))")
        guard s.flags.contains(.lrc) else { return lines }
        lines.append("LRC stats")
        if s.flags.contains(.sendsLists) { lines.append("  update method: lfnlist") }
        if s.flags.contains(.sendsFilters) { lines.append("  update method: bloomfilter") }
        for server in updated {
            let method = server.flags & 1 == 1 ? "bloomfilter:" : "lfnlist:    "
            lines.append("  updates \(method) \(server.url) last \(date(server.lastUpdate))")
        }
        lines.append("  lfnlist update interval: \(s.listInterval)")
        lines.append("  bloomfilter update interval: \(s.filterInterval)")
        return lines + ["  numlfn: \(s.lrcLFNs)", "  numpfn: \(s.lrcPFNs)", "  nummap: \(s.lrcMappings)"]
    }

    private func date(_ time: Int) -> String {
        if time == 0 { return "never" }
        var seconds = time_t(time)
        var parts = tm()
        localtime_r(&seconds, &parts)
        let numbers = [parts.tm_mon + 1, parts.tm_mday, parts.tm_year % 100, parts.tm_hour, parts.tm_min, parts.tm_sec]
        let two = numbers.map { String(format: "%02d", $0) }
        return two[0..<3].joined(separator: "/") + " " + two[3...].joined(separator: ":")
    }

    private func fields(_ s: ServerStatistics) -> [(String, JSONField)] {
        [
            ("version", .bytes(ByteString(s.version))), ("uptime", .number(s.uptime)),
            ("flags", .number(s.flags.rawValue)),
            ("lfnlist_interval", .number(s.listInterval)), ("bloomfilter_interval", .number(s.filterInterval)),
            ("lrc_numlfn", .number(s.lrcLFNs)), ("lrc_numpfn", .number(s.lrcPFNs)),
            ("lrc_nummap", .number(s.lrcMappings)),
        ]
    }
}

struct UnknownOption: Error, CustomStringConvertible {
    let name: String
    var description: String { "\(name): the server knows no such option; `-c all` lists them" }
}
