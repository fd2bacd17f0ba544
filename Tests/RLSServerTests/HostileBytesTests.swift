import RLSTestSupport
import Testing

/// Bytes that no client of ours would send.
@Suite struct HostileBytesTests {
    private static let samples = [
        "lrc_create|lfn|pfn|", "lrc_get_pfn|lfn|0|0|", "lrc_get_pfn_wc|l%|0|1|", "lrc_attr_create|size|0|2|",
        "lrc_attr_add|lfn|0|2|size|42|", "lrc_attr_search|size|0|7|1|99|0|0|", "lrc_create_bulk|a|b|c|d||",
        "lrc_exists_bulk|0|a|lfn||", "lrc_export|%|||2|", "lrc_rli_add|rls://h|0|x*|", "lrc_rli_get_part|||",
        "rli_update|rls://h|Aa|Db||", "stats|", "admin|0|", "get_configuration|all|", "lrc_clear|", "close|",
    ]

    private static func input(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...10, using: &random) {
            bytes += RawClient.bytes(samples.randomElement(using: &random) ?? "")
        }
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            guard let place = bytes.indices.randomElement(using: &random) else { break }
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(0, at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }

    /// Some connections are closed by the server, some by the client in the middle of everything; others go on.
    @Test func theServerStays() async throws {
        try await withServer { server in
            let other = try server.client()
            var random = SeededGenerator(seed: 8)
            for number in 0..<500 {
                let client = try server.client()
                // The server may have closed already.
                for piece in [Self.input(&random), Self.input(&random)] { try? client.send(bytes: piece) }
                if number % 25 == 0 { #expect(try other.exchange("admin|0|lrc_exists|none|0|", "0|12|none,0|")) }
            }
            let name = "own-\(random.next())"
            #expect(try other.exchange("lrc_create|\(name)|p|lrc_get_pfn|\(name)|0|0|", "0|0|\(name)|p||"))
        }
    }
}
