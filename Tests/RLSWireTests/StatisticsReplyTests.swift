import NIOCore
import RLSCore
import RLSWire
import Testing

@Suite struct StatisticsReplyTests {
    private var sample: ServerStatistics {
        var statistics = ServerStatistics()
        statistics.version = "6.0.0"
        statistics.uptime = 40
        statistics.flags = [.lrc, .initialised]
        statistics.filterInterval = 900
        statistics.listInterval = 86_400
        statistics.lrcLFNs = 2
        statistics.lrcPFNs = 3
        statistics.lrcMappings = 4
        statistics.rliLFNs = 5
        statistics.rliLRCs = 6
        statistics.rliMappings = 7
        return statistics
    }

    @Test(arguments: [(nil, "6.0.0|40|65|900|86400|2|3|4|5|6|7|"), (8, "6.0.0|40|65|900|86400|2|3|4|5|6|8|7|")])
    func bothGenerations(senders: Int?, bytes: String) throws {
        var statistics = sample
        statistics.rliSenders = senders
        var buffer = ByteBuffer()
        StatisticsReply(statistics).encode(into: &buffer)
        #expect(spelled(buffer) == bytes)
        var reader = FieldReader(buffer)
        #expect(try StatisticsReply(from: &reader).statistics == statistics)
    }

    @Test(arguments: ["1.1.5|40|", "1|2|3|4|5|6|7|8|9|10|", "1|2|3|4|5|6|7|8|9|10|11|12|13|", "1|x|"])
    func wrongNumbersOfStrings(bytes: String) {
        var reader = FieldReader(wire(bytes))
        #expect(throws: CatalogError.self) { try StatisticsReply(from: &reader) }
    }
}
