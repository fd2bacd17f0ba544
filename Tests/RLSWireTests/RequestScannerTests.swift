import NIOCore
import RLSCore
import RLSTestSupport
import RLSWire
import Testing

@Suite struct RequestScannerTests {
    /// The requests of docs/protocol.md as captured from the original's clients.
    static let captured: [(bytes: String, method: String, arguments: String)] = [
        ("lrc_create|lfn1|pfn1|", "lrc_create", "lfn1|pfn1|"),
        ("lrc_get_pfn|lfn1|0|0|", "lrc_get_pfn", "lfn1|0|0|"),
        ("lrc_get_pfn|nosuch|0|0|", "lrc_get_pfn", "nosuch|0|0|"),
        ("lrc_get_pfn_wc|lfn%|0|0|", "lrc_get_pfn_wc", "lfn%|0|0|"),
        ("lrc_attr_create|size|0|2|", "lrc_attr_create", "size|0|2|"),
        ("lrc_attr_get||0|", "lrc_attr_get", "|0|"),
        ("lrc_attr_add|lfn1|0|0|when|20020829101112|", "lrc_attr_add", "lfn1|0|0|when|20020829101112|"),
        ("lrc_attr_value_get|lfn1||0|", "lrc_attr_value_get", "lfn1||0|"),
        ("lrc_attr_search|size|0|3|10|0|0|0|", "lrc_attr_search", "size|0|3|10|0|0|0|"),
        ("lrc_attr_remove|lfn1|size|0|", "lrc_attr_remove", "lfn1|size|0|"),
        ("admin|0|", "admin", "0|"),
        ("stats|", "stats", ""),
        ("lrc_rli_list|", "lrc_rli_list", ""),
        ("rli_lrc_list|", "rli_lrc_list", ""),
        ("lrc_rli_add|rlsn://h:39281|0|lfn*|", "lrc_rli_add", "rlsn://h:39281|0|lfn*|"),
        ("lrc_rli_get_part|||", "lrc_rli_get_part", "||"),
        ("rli_get_lrc|lfn1|0|0|", "rli_get_lrc", "lfn1|0|0|"),
        ("rli_update|rls://lrc:39281|Alfn1|Alfn2|Dlfn3||", "rli_update", "rls://lrc:39281|Alfn1|Alfn2|Dlfn3||"),
        ("close|", "close", ""),
    ]

    @Test(arguments: captured)
    func capturedRequests(bytes: String, method: String, arguments: String) throws {
        #expect(try scan(bytes) == [Scanned(method: method, arguments: arguments)])
    }

    @Test(arguments: [1, 2, 3, 7, 64, Int.max])
    func pipelinedInPieces(of size: Int) throws {
        let bytes = Array(wire(Self.captured.map(\.bytes).joined()).readableBytesView)
        var scanner = RequestScanner()
        var found: [Scanned] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            var piece = ByteBuffer(bytes: rest.prefix(size))
            rest = rest.dropFirst(size)
            scanner.append(&piece)
            found += try scanner.scanAll()
        }
        #expect(found == Self.captured.map { Scanned(method: $0.method, arguments: $0.arguments) })
        #expect(!scanner.isWaitingForMore)
    }

    @Test func emptyMethodNamesAreSkipped() throws {
        #expect(try scan("|||stats|||stats||").map(\.method) == ["stats", "stats"])
    }

    @Test(arguments: [
        ("lrc_attr_get||0|0|0|stats|", ["lrc_attr_get", "stats"]),
        ("lrc_attr_get||0|stats|", ["lrc_attr_get", "stats"]),
        ("lrc_attr_get||0|0|stats|", ["lrc_attr_get", "stats"]),
        ("lrc_attr_get||0||0|0|stats|", ["lrc_attr_get", "stats"]),
    ])
    func strayZerosBehindAttributeGet(bytes: String, methods: [String]) throws {
        #expect(try scan(bytes).map(\.method) == methods)
    }

    /// Two and no more, only there, and only before the next method.
    @Test(arguments: ["lrc_attr_get||0|0|0|0|stats|", "stats|0|", "lrc_attr_get||0|stats|0|"])
    func otherZerosAreUnknownMethods(bytes: String) {
        #expect(throws: FrameError.unknownMethod("0")) { try scan(bytes) }
    }

    @Test(arguments: ["bogus|", "lrc_creat|", "lrc_create2|a|b|", "LRC_CREATE|a|b|", " stats|"])
    func unknownMethods(bytes: String) {
        let name = ByteString(String(bytes.prefix { $0 != "|" }))
        #expect(throws: FrameError.unknownMethod(name)) { try scan(bytes) }
        #expect(FrameError.unknownMethod(name).answer == CatalogError(.badMethod, name))
    }

    @Test func requestsBeforeABadOneAreGivenOut() throws {
        var scanner = RequestScanner()
        scanner.append("stats|admin|0|bogus|")
        #expect(try scanner.next() != nil)
        #expect(try scanner.next() != nil)
        #expect(throws: FrameError.unknownMethod("bogus")) { try scanner.next() }
    }

    // MARK: Limits

    private static let limits = FrameLimits(fieldLength: 20, listItems: 3, requestLength: 100)

    @Test(arguments: [
        ("stats_and_a_long_name_that_is_none", FrameError.fieldTooLong(limit: 20)),
        ("lrc_create|a|123456789012345678901|", .fieldTooLong(limit: 20)),
        ("lrc_create|a|123456789012345678901", .fieldTooLong(limit: 20)),
        ("lrc_get_pfn_bulk|a|b|c|d|", .tooManyItems(limit: 3)),
        ("lrc_create_bulk|a|1|b|2|c|3|d|", .tooManyItems(limit: 3)),
        ("lrc_exists_bulk|0|a|b|c|d|", .tooManyItems(limit: 3)),
        (
            "lrc_attr_add_bulk|12345678901234567890|12345678901234567890|12345678901234567890|12345678901234567890|x",
            .requestTooLong(limit: 100)
        ),
    ])
    func tooLarge(bytes: String, error: FrameError) {
        #expect(throws: error) { try scan(bytes, limits: Self.limits) }
        #expect(error.answer.code == .overflow)
        #expect(throws: error) {
            var scanner = RequestScanner(limits: Self.limits)
            for byte in wire(bytes).readableBytesView {
                var one = ByteBuffer(bytes: [byte])
                scanner.append(&one)
                _ = try scanner.next()
            }
        }
    }

    @Test func upToTheLimits() throws {
        let requests = "lrc_create|a|12345678901234567890|lrc_create_bulk|a|1|b|2|c|3||lrc_get_pfn_bulk|a|b|c||"
        #expect(try scan(requests, limits: Self.limits).count == 3)
    }

    /// Whole requests that happen to wait together are not one long request.
    @Test func manyShortRequestsAreNotALongOne() throws {
        let requests = String(repeating: "lrc_get_pfn|a|0|0|", count: 100)
        #expect(try scan(requests, limits: Self.limits).count == 100)
    }

    /// A client that pipelines without a pause: no piece ends where a request does.
    @Test func whatWasReadIsLetGo() throws {
        var scanner = RequestScanner()
        scanner.append("lrc_get")
        for _ in 0..<50_000 {
            scanner.append("_pfn|some/logical/name/of/the/usual/length|0|0|lrc_get")
            let frame = try scanner.next()
            #expect(frame != nil)
        }
        #expect(scanner.capacity < 1 << 19)
    }

    /// 4000 bytes, one at a time, behind 32 MiB: a scanner that began again with each would look at 130 thousand million.
    @Test func drippingCostsNoMoreThanItsBytes() throws {
        let (begun, drips) = (32 << 20, 4_000)
        var scanner = RequestScanner(limits: FrameLimits(fieldLength: 64 << 20, requestLength: 64 << 20))
        scanner.append("lrc_create|")
        var first = ByteBuffer(repeating: UInt8(ascii: "x"), count: begun)
        scanner.append(&first)
        let beginning = try scanner.next()
        #expect(beginning == nil)
        let time = try ContinuousClock().measure {
            for _ in 0..<drips {
                var one = ByteBuffer(bytes: [UInt8(ascii: "x")])
                scanner.append(&one)
                let frame = try scanner.next()
                #expect(frame == nil)
            }
        }
        #expect(time < .seconds(Patience.seconds(5)))
        #expect(scanner.bufferedBytes == "lrc_create|".utf8.count + begun + drips)
        var end = wire("|p|")
        scanner.append(&end)
        #expect(try scanner.next()?.arguments.readableBytes == begun + drips + 3)
    }
}
