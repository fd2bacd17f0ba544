import Foundation
import RLSTestSupport
import Testing

/// The bytes on the wire, `|` for NUL, as clients of the original send and expect them.
@Suite struct ProtocolTests {
    /// The exchanges of docs/protocol.md in order, on one connection.
    private static let captured: [(request: String, reply: String)] = [
        ("lrc_create|lfn1|pfn1|", "0|"),
        ("lrc_add|lfn1|pfn2|", "0|"),
        ("lrc_get_pfn|lfn1|0|0|", "0|lfn1|pfn1|lfn1|pfn2||"),
        ("lrc_get_pfn|nosuch|0|0|", "12|nosuch|"),
        ("lrc_create|lfn2|pfn21|", "0|"),
        ("lrc_get_pfn_wc|lfn%|0|0|", "0|lfn2|pfn21|lfn1|pfn1|lfn1|pfn2||"),
        ("lrc_attr_create|size|0|2|", "0|"),
        ("lrc_attr_create|when|0|0|", "0|"),
        ("lrc_attr_get||0|", "0|size|2|when|0||"),
        ("lrc_attr_add|lfn1|0|0|when|20020829101112|", "0|"),
        ("lrc_attr_add|lfn1|0|2|size|42|", "0|"),
        ("lrc_attr_value_get|lfn1||0|", "0|when|0|2002-08-29 10:11:12|size|2|42||"),
        ("lrc_attr_search|size|0|3|10|0|0|0|", "0|lfn1|2|42||"),
        ("lrc_attr_search|size|0|3|10||0|0|", "0|lfn1|2|42||"),
        ("lrc_attr_remove|lfn1|size|0|", "0|"),
        ("admin|0|", "0|"),
        ("lrc_rli_list|", "19|Not updating any RLI servers|"),
        ("lrc_rli_add|rlsn://h:39281|0|lfn*|", "0|"),
        ("lrc_rli_add|rlsn://h:39281|0|x*|", "0|"),
        ("lrc_rli_add|rlsn://h:39281|0|x*|", "18|rlsn://h:39281|"),
        ("lrc_rli_get_part|||", "0|rlsn://h:39281|lfn*|rlsn://h:39281|x*||"),
        ("lrc_rli_get_part|rlsn://n||", "19|rlsn://n,NULL|"),
        ("lrc_rli_delete|rlsn://h:39281|y|", "19|rlsn://h:39281: y|"),
    ]

    @Test func capturedExchanges() async throws {
        let server = try await ServerProcess.start()
        try await blocking {
            let client = try RawClient(port: server.port)
            #expect(try client.receive("0|") == "0|")
            for (request, reply) in Self.captured { #expect(try client.exchange(request, reply), "\(request)") }
            try client.send("close|")
            #expect(try client.receiveUntilClosed() == "")
        }
    }

    /// All at once, and byte by byte: the same replies in the same order.
    @Test(arguments: [Int.max, 1, 7]) func pipelinedInPieces(of size: Int) async throws {
        let server = try await ServerProcess.start()
        try await blocking {
            let client = try RawClient(port: server.port)
            let bytes = RawClient.bytes(Self.captured.map(\.request).joined() + "close|")
            var start = 0
            while start < bytes.count {
                let end = size == Int.max ? bytes.count : min(start + size, bytes.count)
                try client.send(bytes: Array(bytes[start..<end]))
                start = end
            }
            #expect(try client.receiveUntilClosed() == "0|" + Self.captured.map(\.reply).joined())
        }
    }

    @Test func codes() async throws {
        let server = try await ServerProcess.start()
        let exchanges: [(String, String)] = [
            ("lrc_create|a|p|", "0|"), ("lrc_create|a|q|", "11|a|"), ("lrc_add|b|q|", "12|b|"),
            ("lrc_add|a|p|", "20|a,p|"),
            ("lrc_create|b|q|", "0|"), ("lrc_delete|x|p|", "12|x|"), ("lrc_delete|a|x|", "14|x|"),
            ("lrc_delete|a|q|", "10|a,q|"), ("lrc_exists|a|0|", "0|"), ("lrc_exists|x|0|", "12|x,0|"),
            ("lrc_exists|x|1|", "14|x,1|"), ("lrc_exists|x|7|", "24|7|"), ("lrc_mapping_exists|a|p|", "0|"),
            ("lrc_mapping_exists|a|q|", "10|a,q|"), ("lrc_get_lfn|x|0|0|", "14|x|"), ("lrc_get_lfn|p|0|0|", "0|a|p||"),
            ("lrc_get_pfn_wc|x%|0|0|", "12|x%|"), ("lrc_get_lfn_wc|x%|0|0|", "14|x%|"),
            ("lrc_renamelfn|x|y|", "12|x|"), ("lrc_renamelfn|a|b|", "11|b|"), ("lrc_renamepfn|x|y|", "14|x|"),
            ("lrc_renamepfn|p|q|", "13|q|"), ("lrc_create|||", "6||"), ("lrc_get_pfn|a|x|0|", "6|x|"),
            ("lrc_get_pfn|a|-1|0|", "6|-1|"),
            ("lrc_get_pfn|a|99999999999999999999999|0|", "6|99999999999999999999999|"),
            ("lrc_create_bulk|a|z|c|pc|||", "0|11|a|z||"), ("lrc_add_bulk|c|pd|x|y||", "0|12|x|y||"),
            ("lrc_get_pfn_bulk|c|x||", "0|0|c|pc|0|c|pd|12|x||"), ("lrc_get_lfn_bulk|p|x||", "0|0|a|p|14|x||"),
            ("lrc_exists_bulk|0|c|x||", "0|0|c|<empty>|12|x||"), ("lrc_delete_bulk|c|pc|c|no||", "0|14|c|no||"),
            ("lrc_renamelfn_bulk|c|d|x|y||", "0|12|x|y||"), ("lrc_renamepfn_bulk|pd|pe||", "0||"),
            ("lrc_attr_create|n|0|3|", "0|"), ("lrc_attr_create|n|0|3|", "22|n|"), ("lrc_attr_create|m|0|9|", "21|9|"),
            ("lrc_attr_create|m|5|3|", "24|5|"), ("lrc_attr_get|zz|0|", "23|zz|"), ("lrc_attr_add|x|0|3|n|v|", "12|x|"),
            ("lrc_attr_add|x|1|3|n|v|", "14|x|"), ("lrc_attr_add|a|0|3|zz|v|", "23|zz|"),
            ("lrc_attr_add|a|0|2|n|5|", "21|specified 2 should be 3|"), ("lrc_attr_modify|a|n|0|3|v|", "29|n|"),
            ("lrc_attr_add|a|0|3|n||", "0|"), ("lrc_attr_add|a|0|3|n|w|", "22|n|"),
            ("lrc_attr_modify|a|n|0|3|w|", "0|"),
            ("lrc_attr_value_get|a|n|0|", "0|n|3|w||"), ("lrc_attr_delete|n|0|0|", "30|n|"),
            ("lrc_attr_remove|a|zz|0|", "23|zz|"), ("lrc_attr_remove|b|n|0|", "23|b: n|"),
            ("lrc_attr_search|n|0|12|w||0|0|", "25|12|"), ("lrc_attr_search|n|0|1|none||0|0|", "12|n|"),
            ("lrc_attr_search|n|0|8|%||0|0|", "0|a|3|w||"), ("lrc_attr_add_bulk|b|0|3|n|v|x|0|3|n|v||", "0|12|x|n||"),
            ("lrc_attr_value_get_bulk|n|0|a|x||", "0|0|a|n|3|w|12|x|n||"),
            ("lrc_attr_remove_bulk|b|0|n|b|0|n||", "0|23|b|n||"),
            ("lrc_attr_create|i|0|2|", "0|"), ("lrc_attr_add|a|0|2|i|five|", "6|five|"),
            ("lrc_attr_delete|n|0|1|", "0|"), ("lrc_attr_delete|n|0|1|", "23|n|"),
            ("set_configuration|nonsense|1|", "6|nonsense|"),
            ("get_configuration|nonsense|", "0|nonsense|unknown option||"),
            ("admin|9|", "6|9|"), ("lrc_exists_bulk|9|a||", "24|9|"), ("lrc_attr_search|n|7|0|||0|0|", "24|7|"),
            ("rli_get_lrc|a|0|0|", "9|not RLI server|"),
            ("rli_exists_bulk|2|a|b||", "9|not RLI server|"),
            ("|", ""), ("lrc_ensure_bulk|a|p|new|np||", "0||"), ("lrc_export|new|||0|", "0|M|new|np|||"),
            ("lrc_clear|", "0|"), ("lrc_get_pfn|a|0|0|", "12|a|"), ("lrc_bogus|", "8|lrc_bogus|"),
        ]
        try await blocking {
            let client = try RawClient(port: server.port)
            #expect(try client.receive("0|") == "0|")
            for (request, reply) in exchanges { #expect(try client.exchange(request, reply), "\(request)") }
            #expect(try client.receiveUntilClosed() == "")
        }
    }

    @Test func strayZerosAfterAttributeGet() async throws {
        let server = try await ServerProcess.start()
        try await blocking {
            let client = try RawClient(port: server.port)
            #expect(try client.receive("0|") == "0|")
            #expect(try client.exchange("lrc_attr_get||0|0|0|admin|0|", "0||0|"))
        }
    }

    @Test func pagesContinueWhileOthersWrite() async throws {
        let server = try await ServerProcess.start()
        try await blocking {
            let reader = try RawClient(port: server.port)
            let writer = try RawClient(port: server.port)
            for client in [reader, writer] { #expect(try client.receive("0|") == "0|") }
            #expect(try writer.exchange("lrc_create_bulk|a|1|b|2|c|3|d|4|e|5||", "0||"))
            #expect(try reader.exchange("lrc_get_pfn_wc|%|0|2|", "0|e|5|d|4|\u{1}|"))
            // One row before the page disappears, one appears: nothing is repeated or missed.
            #expect(try writer.exchange("lrc_delete|e|5|lrc_create|f|6|", "0|0|"))
            #expect(try reader.exchange("lrc_get_pfn_wc|%|2|2|", "0|c|3|b|2|\u{1}|"))
            #expect(try reader.exchange("lrc_get_pfn_wc|%|4|2|", "0|a|1||"))
            #expect(try reader.exchange("lrc_get_pfn_wc|%|9|2|", "0||"))
            #expect(try writer.exchange("lrc_add_bulk|a|x|a|y||", "0||"))
            #expect(try reader.exchange("lrc_get_pfn|a|0|2|", "0|a|1|a|x|\u{1}|"))
            #expect(try reader.exchange("lrc_get_pfn|a|2|2|", "0|a|y||"))
            #expect(try writer.exchange("set_configuration|result_limit|2|", "0|"))
            #expect(try reader.exchange("lrc_get_pfn|a|0|0|", "0|a|1|a|x|\u{1}|"))
            #expect(try reader.exchange("lrc_get_pfn|a|0|3|", "6|3|"))
        }
    }

    /// A reply larger than what the channel takes at once comes once.
    @Test func largeReplies() async throws {
        let server = try await ServerProcess.start()
        let names = (0..<5_000).map { "lfn\(String(repeating: "x", count: 60))\($0)" }
        let request = "lrc_create_bulk|" + names.map { "\($0)|\($0)|" }.joined() + "|"
        let failures = "0|" + names.map { "11|\($0)|\($0)|" }.joined() + "|"
        try await blocking {
            let client = try RawClient(port: server.port)
            #expect(try client.receive("0|") == "0|")
            #expect(try client.exchange(request, "0||"))
            for _ in 0..<3 { #expect(try client.exchange(request, failures)) }
            #expect(try client.exchange("admin|0|", "0|"))
        }
    }

    @Test func capabilitiesNameWhatIsServed() async throws {
        let server = try await ServerProcess.start()
        try await blocking {
            let client = try RawClient(port: server.port)
            try client.send("rls_capabilities|close|")
            let reply = try client.receiveUntilClosed()
            #expect(reply.contains("|lrc_ensure_bulk|1|"))
            #expect(!reply.contains("|rli_"))
        }
    }

    @Test func accessLinesDecideEachMethod() async throws {
        let server = try await ServerProcess.start(["acl ^anonymous$: lrc_read stats"])
        try await blocking {
            let client = try RawClient(port: server.port)
            #expect(try client.receive("0|") == "0|")
            #expect(try client.exchange("lrc_create|a|b|", "7|lrc_create|"))
            #expect(try client.exchange("lrc_clear|", "7|lrc_clear|"))
            #expect(try client.exchange("set_configuration|acl|.*: all|", "7|set_configuration|"))
            #expect(try client.exchange("admin|1|", "7|admin|"))
            #expect(try client.exchange("admin|0|lrc_get_pfn|a|0|0|", "0|12|a|"))
        }
        let closed = try await ServerProcess.start(["acl ^nobody$: all"])
        let refusal = try await blocking { try RawClient(port: closed.port).receiveUntilClosed() }
        #expect(refusal == "7|anonymous has no rights here|")
    }
}
