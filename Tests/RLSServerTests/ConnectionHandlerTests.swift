import NIOConcurrencyHelpers
import RLSConfiguration
import RLSCore
import RLSSecurity
import RLSStorage
import RLSTestSupport
import RLSWire
import Testing

@testable import RLSServer

/// What goes over the socket, `|` for NUL.
@Suite struct ConnectionHandlerTests {
    /// The exchanges that docs/protocol.md was made from, with what must be there before each.
    private static let captured: [(before: String, request: String, reply: String)] = [
        ("", "lrc_create|lfn1|pfn1|", "0|"),
        ("lrc_add|lfn1|pfn2|", "lrc_get_pfn|lfn1|0|0|", "0|lfn1|pfn1|lfn1|pfn2||"),
        ("", "lrc_get_pfn|nosuch|0|0|", "12|nosuch|"),
        ("lrc_create|lfn2|pfn21|", "lrc_get_pfn_wc|lfn%|0|0|", "0|lfn2|pfn21|lfn1|pfn1|lfn1|pfn2||"),
        ("", "lrc_attr_create|size|0|2|", "0|"),
        ("lrc_attr_create|when|0|0|", "lrc_attr_get||0|", "0|size|2|when|0||"),
        ("", "lrc_attr_add|lfn1|0|0|when|20020829101112|", "0|"),
        ("lrc_attr_add|lfn1|0|2|size|42|", "lrc_attr_value_get|lfn1||0|", "0|when|0|2002-08-29 10:11:12|size|2|42||"),
        ("", "lrc_attr_search|size|0|3|10|0|0|0|", "0|lfn1|2|42||"),
        ("", "lrc_attr_remove|lfn1|size|0|", "0|"),
        ("", "admin|0|", "0|"),
        ("", "lrc_rli_list|", "19|Not updating any RLI servers|"),
        ("", "lrc_rli_add|rlsn://h:39281|0|lfn*|", "0|"),
        (
            "lrc_rli_add|rlsn://h:39281|0|x*|", "lrc_rli_get_part|||",
            "0|rlsn://h:39281|lfn*|rlsn://h:39281|x*||"
        ),
    ]

    @Test(arguments: [false, true])
    func capturedExchanges(isRemote: Bool) async throws {
        try await withServer(through: isRemote ? RemoteStore() : nil) { server in
            let client = try server.client()
            for (before, request, reply) in Self.captured {
                if !before.isEmpty { #expect(try client.exchange(before, "0|")) }
                #expect(try client.exchange(request, reply), "\(request)")
            }
            try client.send("close|")
            #expect(try client.receiveUntilClosed() == "")
        }
    }

    @Test(arguments: [1, 5, 4_096], [false, true])
    func pipelinedInPieces(of size: Int, isRemote: Bool) async throws {
        try await withServer(through: isRemote ? RemoteStore() : nil) { server in
            let client = try server.client()
            var rest = RawClient.bytes(Self.captured.map { $0.before + $0.request }.joined())[...]
            while !rest.isEmpty {
                try client.send(bytes: Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            let replies = Self.captured.map { ($0.before.isEmpty ? "" : "0|") + $0.reply }.joined()
            #expect(try client.receive(replies) == replies)
        }
    }

    /// A thousand requests at once, every kind beside every other: each reply in its place.
    @Test(arguments: [false, true])
    func mixedPipelineIsAnsweredInOrder(isRemote: Bool) async throws {
        try await withServer(through: isRemote ? RemoteStore() : nil) { server in
            let client = try server.client()
            var random = SeededGenerator(seed: 5)
            var requests = ""
            var replies = ""
            var known: Set<Int> = []
            for _ in 0..<1_000 {
                let number = Int.random(in: 0..<30, using: &random)
                let exists = known.contains(number)
                switch Int.random(in: 0..<10, using: &random) {
                case 0:
                    requests += "lrc_create|n\(number)|p\(number)|"
                    replies += exists ? "11|n\(number)|" : "0|"
                    known.insert(number)
                case 1:
                    requests += "lrc_delete|n\(number)|p\(number)|"
                    replies += exists ? "0|" : "12|n\(number)|"
                    known.remove(number)
                case 2:
                    requests += "lrc_get_pfn|n\(number)|0|0|"
                    replies += exists ? "0|n\(number)|p\(number)||" : "12|n\(number)|"
                case 3:
                    requests += "lrc_get_lfn_wc|p\(number)|0|0|"
                    replies += exists ? "0|n\(number)|p\(number)||" : "14|p\(number)|"
                case 4:
                    requests += "lrc_create||p|"
                    replies += "6||"
                case 5:
                    requests += "lrc_exists|p\(number)|1|"
                    replies += exists ? "0|" : "14|p\(number),1|"
                case 6:
                    requests += "lrc_mapping_exists|n\(number)|p\(number)|"
                    replies += exists ? "0|" : "10|n\(number),p\(number)|"
                case 7:
                    requests += "lrc_get_lfn|p\(number)|x|0|"
                    replies += "6|x|"
                default:
                    requests += "lrc_create_bulk|n\(number)|p\(number)||"
                    replies += exists ? "0|11|n\(number)|p\(number)||" : "0||"
                    known.insert(number)
                }
            }
            try client.send(requests)
            #expect(try client.receive(replies) == replies)
        }
    }

    /// Longer than all the buffers on its way; it is written in one go, and must come once.
    @Test(arguments: [8_000, 30_000, 60_000])
    func longListOfFailures(count: Int) async throws {
        try await withServer { server in
            let client = try server.client()
            let pairs = (0..<count).map { "some/logical/name/\($0)|some/target/name/\($0)|" }
            #expect(try client.exchange("lrc_create_bulk|" + pairs.joined() + "|", "0||"))
            let failures = "0|" + pairs.map { "11|" + $0 }.joined() + "|"
            for _ in 0..<3 {
                try client.send("lrc_create_bulk|" + pairs.joined() + "|admin|0|lrc_get_pfn|x|0|0|")
                #expect(try client.receive(failures + "0|12|x|") == failures + "0|12|x|")
            }
        }
    }

    /// A request of any kind that is refused for its arguments leaves the connection as it was.
    @Test(arguments: [
        ("lrc_create|||", "6||"), ("lrc_get_pfn||0|0|", "6||"), ("lrc_get_pfn|a|x|0|", "6|x|"),
        ("lrc_get_pfn_wc||0|0|", "6||"), ("lrc_get_pfn_wc|a|-1|0|", "6|-1|"), ("lrc_get_lfn_wc|a|0|1x|", "6|1x|"),
        ("lrc_exists|a|7|", "24|7|"), ("lrc_exists_bulk|7|a||", "24|7|"), ("lrc_attr_get||7|", "24|7|"),
        ("lrc_attr_create|n|0|9|", "21|9|"), ("lrc_attr_value_get|a|n|x|", "24|x|"),
        ("lrc_attr_value_get||n|0|", "6||"),
        ("lrc_attr_search|n|9|0|||0|0|", "24|9|"), ("lrc_attr_search|n|0|0|||0|x|", "6|x|"),
        ("lrc_attr_search|n|0|0|||0|0|", "23|n|"), ("lrc_attr_value_get_bulk|n|7|a||", "24|7|"),
        ("lrc_rli_add|nonsense|0||", "3|nonsense|"), ("lrc_rli_add|rls://h|x||", "6|x|"),
        ("lrc_rli_info||", "19||"), ("lrc_export||||-1|", "6|-1|"), ("admin|x|", "6|x|"),
        ("admin|2|", "0|"),
        ("lrc_create_bulk|a|||", "0|6|a|||"), ("lrc_attr_add_bulk|a|7|3|n|v||", "0|24|a|n||"),
        ("lrc_attr_remove_bulk|a|x|n||", "0|24|a|n||"),
    ])
    func refusedArguments(request: String, reply: String) async throws {
        try await withServer { server in
            let client = try server.client()
            let after = "lrc_get_pfn_wc|none|0|0|lrc_create|new|p|"
            #expect(try client.exchange(request + after, reply + "12|none|0|"))
        }
    }

    @Test func longestNamesOfAnyBytes() async throws {
        try await withServer { server in
            let client = try server.client()
            let name = (0..<NameLimits.maximumLength).map { UInt8($0 % 255 + 1) }
            let target = Array(name.reversed())
            try client.send(bytes: RawClient.bytes("lrc_create|") + name + [0] + target + [0])
            #expect(try client.receive("0|") == "0|")
            try client.send(bytes: RawClient.bytes("lrc_get_lfn|") + target + RawClient.bytes("|0|0|"))
            let reply = RawClient.bytes("0|") + name + [0] + target + [0, 0]
            #expect(try client.receive(bytes: reply.count) == reply)
            try client.send(
                bytes: RawClient.bytes("lrc_create|") + name + [1, 0] + target + RawClient.bytes("|admin|0|"))
            let refusal = "6|name longer than 4096 bytes|0|"
            #expect(try client.receive(refusal) == refusal)
        }
    }

    // MARK: Clients that are closed

    @Test(arguments: [
        ("nonsense|a|", "8|nonsense|"), ("admin|0|lrc_creat|a|b|", "0|8|lrc_creat|"),
        ("lrc_get_pfn|" + String(repeating: "x", count: 70_000), "5|string longer than 65536 bytes|"),
        ("lrc_create|a|p|lrc_get_pfn_bulk|a|b|c|d|", "0|5|more than 3 items in one request|"),
    ])
    func lastReplyThenClosed(request: String, reply: String) async throws {
        try await withServer {
            $0.maximumBulkItems = 3
        } body: { server in
            let client = try server.client()
            try client.send(request)
            #expect(try client.receiveUntilClosed() == reply)
        }
    }

    @Test(arguments: ["", "lrc_get_pfn|half", "lrc_create_bulk|a|b|", "lrc_get"])
    func silentClientsAreClosed(half: String) async throws {
        try await withServer {
            $0.idleTimeout = half.isEmpty ? 1 : 900
            $0.requestTimeout = half.isEmpty ? 900 : 1
        } body: { server in
            let client = try server.client()
            try client.send(half)
            #expect(try client.receiveUntilClosed() == "")
            for option in ["idletimeout", "request_timeout"] { try server.configuration.set(option, to: "900") }
            #expect(try server.client().exchange("lrc_exists|half|0|", "12|half,0|"))
        }
    }

    @Test func tooManyConnections() async throws {
        try await withServer {
            $0.maximumConnections = 2
        } body: { server in
            let first = try server.client()
            let second = try server.client()
            for _ in 0..<20 {
                let answer = try RawClient(port: server.port).receiveUntilClosed()
                #expect(answer == "28|Too many connections (maxconnections 2)|")
            }
            try first.send("close|")
            #expect(try first.receiveUntilClosed() == "")
            #expect(try RawClient.welcomed(port: server.port).exchange("admin|0|", "0|"))
            #expect(try second.exchange("admin|0|", "0|"))
        }
    }

    /// Its replies wait in a bounded buffer, and it is cut off; another client does not notice.
    @Test func clientThatNeverReads() async throws {
        try await withServer {
            $0.writeTimeout = 1
        } body: { server in
            let other = try server.client()
            let pairs = (0..<20_000).map { "a/long/logical/file/name/\($0)|gsiftp://host.example.org/\($0)|" }.joined()
            #expect(try other.exchange("lrc_create_bulk|\(pairs)|", "0||"))
            let deaf = try server.client()
            try deaf.send(String(repeating: "lrc_get_pfn_wc|%|0|0|", count: 500))
            for _ in 0..<100 { #expect(try other.exchange("lrc_exists|nosuch|0|", "12|nosuch,0|")) }
            #expect(try other.exchange("lrc_get_pfn_wc|nosuch%|0|0|", "12|nosuch%|"))
            #expect(server.closedFor.waits(for: "replyNotRead"))
            // 500 replies would be a gigabyte.
            #expect(try deaf.receiveUntilClosed().utf8.count < 64 << 20)
            #expect(try other.exchange("admin|0|", "0|"))
        }
    }

    // MARK: Rights and roles

    @Test func rightsDecideAndChangeWhileConnected() async throws {
        let readers = try [AccessRule("^anonymous$: lrc_read")]
        try await withServer {
            $0.accessRules = readers
        } body: { server in
            let client = try server.client()
            for refused in MethodTable.rows where refused.role == .catalog && refused.rights != .lrcRead {
                let arguments = Self.anyArguments(refused.shape)
                #expect(try client.exchange("\(refused.name)|\(arguments)", "7|\(refused.name)|"), "\(refused.name)")
            }
            #expect(try client.exchange("set_configuration|acl|.*: all|", "7|set_configuration|"))
            #expect(try client.exchange("stats|", "7|stats|"))
            #expect(try client.exchange("admin|1|admin|0|", "7|admin|0|"))
            try server.configuration.set("acl", to: "^anonymous$: lrc_read lrc_update admin")
            #expect(try client.exchange("lrc_create|a|p|lrc_get_pfn|a|0|0|", "0|0|a|p||"))
            #expect(try client.exchange("set_configuration|acl|^anonymous$: stats admin|", "0|"))
            #expect(try client.exchange("lrc_get_pfn|a|0|0|", "7|lrc_get_pfn|"))
            #expect(try client.exchange("set_configuration|acl|^nobody$: all|", "0|"))
            #expect(try RawClient(port: server.port).receiveUntilClosed() == "7|anonymous has no rights here|")
        }
    }

    @Test func theIndexRoleIsRefusedAndTheConnectionStays() async throws {
        try await withServer { server in
            let client = try server.client()
            for row in MethodTable.rows where row.role == .index {
                let request = "\(row.name)|\(Self.anyArguments(row.shape))"
                #expect(try client.exchange(request, "9|not RLI server|"), "\(row.name)")
            }
            #expect(try client.exchange("admin|0|", "0|"))
        }
    }

    private static func anyArguments(_ shape: ArgumentShape) -> String {
        switch shape {
        case .fields(let count): String(repeating: "1|", count: count)
        case .list(let header, let width): String(repeating: "1|", count: header + width) + "|"
        case .stream(let header): String(repeating: "1|", count: header + 1) + "|"
        case .blob(let header, .bytes): String(repeating: "1|", count: header) + "x"
        case .blob(let header, .bits): String(repeating: "1|", count: header) + "x"
        }
    }

    // MARK: The server itself

    @Test func configurationIsReadAndChanged() async throws {
        try await withServer { server in
            let client = try server.client()
            #expect(try client.exchange("get_configuration|result_limit|", "0|result_limit|0||"))
            #expect(try client.exchange("set_configuration|result_limit|5|", "0|"))
            #expect(try client.exchange("get_configuration|result_limit|", "0|result_limit|5||"))
            #expect(try client.exchange("set_configuration|result_limit|-5|", "6|result_limit|"))
            #expect(try client.exchange("set_configuration|port|5|", "6|port|"))
            #expect(try client.exchange("set_configuration|nonsense|5|", "6|nonsense|"))
            #expect(try client.exchange("get_configuration|nonsense|", "0|nonsense|unknown option||"))
        }
    }

    @Test(arguments: [(StatsFormat.current, 12), (.original, 11)])
    func statistics(format: StatsFormat, strings: Int) async throws {
        try await withServer {
            $0.statsFormat = format
        } body: { server in
            let client = try server.client()
            #expect(try client.exchange("lrc_create|a|p|lrc_add|a|q|", "0|0|"))
            try client.send("stats|close|")
            let fields = try client.receiveUntilClosed().split(separator: "|", omittingEmptySubsequences: false)
            #expect(fields.count == strings + 2)
            #expect(fields[1] == (format == .current ? "6.0.0" : "1.1 (6.0.0)"))
            #expect(fields[3] == "65")
            #expect(fields[6...8] == ["1", "2", "2"])
        }
    }

    /// 17 while the store fails, and right again when it does not.
    @Test func storeThatFails() async throws {
        let store = FailingStore()
        try await withServer(through: store) { server in
            let client = try server.client()
            #expect(try client.exchange("lrc_create|a|p|", "0|"))
            store.isFailing.withLockedValue { $0 = true }
            let answers = "17|database disk is full|0|a|p||17|database disk is full|"
            #expect(try client.exchange("lrc_create|b|p|lrc_get_pfn|a|0|0|lrc_create_bulk|b|p||", answers))
            store.isFailing.withLockedValue { $0 = false }
            #expect(try client.exchange("lrc_create|b|p|", "0|"))
        }
    }
}
