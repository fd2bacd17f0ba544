import NIOCore
import RLSCore

/// Twelve strings from servers of the 4.x kind; eleven, without the number of senders, from 1.1.
package struct StatisticsReply: ReplyItem, Hashable {
    package static let shape = ReplyShape.statistics
    package let statistics: ServerStatistics

    package init(_ statistics: ServerStatistics) { self.statistics = statistics }

    package init(from reader: inout FieldReader) throws(CatalogError) {
        var result = ServerStatistics()
        result.version = try reader.bytes().description
        result.uptime = try reader.integer()
        result.flags = .init(rawValue: try reader.integer())
        var numbers: [Int] = []
        while !reader.isAtEnd { numbers.append(try reader.integer()) }
        guard numbers.count == 8 || numbers.count == 9 else { throw CatalogError(.badArgument, "stats reply") }
        result.filterInterval = numbers[0]
        result.listInterval = numbers[1]
        result.lrcLFNs = numbers[2]
        result.lrcPFNs = numbers[3]
        result.lrcMappings = numbers[4]
        result.rliLFNs = numbers[5]
        result.rliLRCs = numbers[6]
        if numbers.count == 9 { result.rliSenders = numbers[7] }
        result.rliMappings = numbers[numbers.count - 1]
        statistics = result
    }

    package func encode(into buffer: inout ByteBuffer) {
        let s = statistics
        buffer.writeField(ByteString(s.version))
        let numbers =
            [s.uptime, s.flags.rawValue, s.filterInterval, s.listInterval, s.lrcLFNs, s.lrcPFNs, s.lrcMappings]
            + [s.rliLFNs, s.rliLRCs] + (s.rliSenders.map { [$0] } ?? []) + [s.rliMappings]
        for number in numbers { buffer.writeField(number) }
    }
}
