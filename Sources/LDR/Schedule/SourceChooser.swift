import RLSCore

/// Chooses where to take files from: where they are expected to arrive first, by what sources have done and have to do.
package struct SourceChooser {
    /// Bytes a second, of a source that nobody knows yet while nobody is known: better than none.
    private static let unknownRate = 10e6
    /// Seconds that a file costs besides its bytes.
    private static let overhead = 0.02
    /// Seconds that a file on tape is expected to take longer: a copy on a disk is taken if there is one.
    private static let tape = 3_600.0

    package enum Choice: Sendable, Hashable {
        case source(String, url: ByteString)
        /// All sources have to be left alone until then, milliseconds since 1970.
        case later(Int)
        /// All have as many files as they may have.
        case full
        case none
    }

    private let now: Int
    private let perSource: Int
    private let records: [String: SourceRecord]
    private let isOnTape: (ByteString) -> Bool
    private let typicalRate: Double
    private var files: [String: Int]
    private var seconds: [String: Double] = [:]

    /// - Parameters:
    ///   - queued: files of each source that are chosen already, and their bytes
    ///   - now: milliseconds since 1970
    ///   - isOnTape: whether a copy has to be brought back before it can be read
    package init(
        _ records: [SourceRecord], queued: [String: (files: Int, bytes: Int64)], perSource: Int, now: Int,
        isOnTape: @escaping (ByteString) -> Bool = { _ in false }
    ) {
        self.isOnTape = isOnTape
        self.now = now
        self.perSource = perSource
        self.records = Dictionary(records.map { ($0.name, $0) }) { $1 }
        let rates = records.map(\.rate).filter { $0 > 0 }
        // Those that are new get their chance: they count as the best.
        typicalRate = rates.max() ?? Self.unknownRate
        files = queued.mapValues(\.files)
        for (name, load) in queued { seconds[name] = cost(of: name, bytes: load.bytes, files: load.files) }
    }

    private func cost(of source: String, bytes: Int64, files: Int) -> Double {
        let record = records[source]
        let rate = record.map { $0.rate > 0 ? $0.rate : typicalRate } ?? typicalRate
        let trouble = Double(1 << min(record?.failedInRow ?? 0, 10))
        return (Double(bytes) / rate + Double(files) * Self.overhead) * trouble
    }

    /// - Parameters:
    ///   - urls: the file's copies
    ///   - avoiding: the source that was tried last time, which has not sufficed: taken again only if there is no other
    package mutating func choose(_ urls: [ByteString], size: Int64, avoiding: String?) -> Choice {
        var best: (name: String, url: ByteString, end: Double)?
        var (retry, isFull) = (Int.max, false)
        for url in urls {
            guard let name = TransferTools.source(of: url) else { continue }
            if let record = records[name], record.retryAt > now {
                retry = min(retry, record.retryAt)
                continue
            }
            if files[name, default: 0] >= perSource {
                isFull = true
                continue
            }
            var end = seconds[name, default: 0] + cost(of: name, bytes: size, files: 1)
            if isOnTape(url) { end += Self.tape }
            if name == avoiding { end = end * 4 + 60 }
            if best == nil || end < best?.end ?? 0 { best = (name, url, end) }
        }
        guard let best else { return isFull ? .full : retry < Int.max ? .later(retry) : .none }
        files[best.name, default: 0] += 1
        seconds[best.name, default: 0] += cost(of: best.name, bytes: size, files: 1)
        return .source(best.name, url: best.url)
    }
}
