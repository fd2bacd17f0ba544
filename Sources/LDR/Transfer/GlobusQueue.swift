import NIOConcurrencyHelpers
import RLSCore

/// A file for globus-url-copy.
struct GlobusJob: Sendable {
    let request: TransferRequest
    let source: String
    let destination: String
    /// Bytes that are there already.
    let offset: Int64
    /// A process had it in its list.
    var wasListed = false

    /// The program reads no longer ones from a list.
    private static let listed = 800

    /// It is given to a process of its own.
    var isSingle: Bool { offset > 0 || source.utf8.count > Self.listed || destination.utf8.count > Self.listed }

    /// In bytes.
    var cost: Int64 { GlobusQueue.cost(of: request.expected.size - offset) }

    var listLine: String { "\"\(source)\" \"\(destination)\"\n" }

    /// nil for one whose fate is known without a transfer.
    static func prepare(
        _ request: TransferRequest, _ settings: TransferSettings, _ deliveries: Deliveries,
        _ openElsewhere: inout OpenFiles
    ) -> GlobusJob? {
        do throws(TransferFailure) {
            let source = try SourceURL(request.source)
            // Some server might take what follows it for another command.
            guard ["gsiftp", "ftp", "sshftp"].contains(source.scheme), !source.decodedPath.contains(where: isForbidden)
            else { throw SourceURL.unsupported(request.source, "is nothing that globus-url-copy can fetch") }
            let offset: Int64
            switch try PartialFile.prepare(request, settings, &openElsewhere) {
            case .complete:
                deliveries.settle(request, .success(bytes: 0, seconds: 0))
                return nil
            case .resumed(let bytes): offset = bytes
            case .new: offset = 0
            }
            return GlobusJob(
                request: request, source: source.text, destination: SourceURL.file(request.destination), offset: offset)
        } catch {
            deliveries.settle(request, .failure(error))
            return nil
        }
    }

    private static func isForbidden(_ byte: UInt8) -> Bool { byte == 0 || byte == UInt8(ascii: "\r") }
}

/// Files that wait for a lane.
final class GlobusQueue: Sendable {
    private let waiting: NIOLockedValueBox<[GlobusJob]>
    private let limit: Int
    /// Bytes of a process, of which each has to connect and to authenticate first.
    private let share: Int64

    /// What a file costs beside its bytes, and a connection beside its files.
    private static let (fileCost, connectionCost) = (Int64(1 << 20), Int64(64 << 20))
    /// Lanes that end earlier than others find something to do, if there is so much.
    private static let large: Int64 = 1 << 30

    init(_ jobs: [GlobusJob], lanes: Int, limit: Int) {
        let total = jobs.reduce(Int64(0)) { $0.addingReportingOverflow($1.cost).partialValue }
        let even = total / Int64(max(1, lanes)) + 1
        share = lanes == 1 ? even : max(Self.connectionCost, min(even, max(Self.large, even / 4)))
        // From the end, where it costs nothing to take; those that are continued come first.
        waiting = NIOLockedValueBox((jobs.filter(\.isSingle) + jobs.filter { !$0.isSingle }).reversed())
        self.limit = max(1, limit)
    }

    static func cost(of bytes: Int64) -> Int64 { max(0, min(bytes, 1 << 50)) + fileCost }

    /// For one process.
    func next() -> [GlobusJob] {
        waiting.withLockedValue { waiting in
            guard let first = waiting.popLast() else { return [] }
            var (batch, cost) = ([first], first.cost)
            while !first.isSingle, batch.count < limit, let next = waiting.last, !next.isSingle,
                cost + next.cost <= share
            {
                batch.append(next)
                cost += next.cost
                waiting.removeLast()
            }
            return batch
        }
    }

    /// Before all others.
    func putBack(_ jobs: some BidirectionalCollection<GlobusJob>) {
        let again = jobs.reversed().map { job in
            var job = job
            job.wasListed = true
            return job
        }
        waiting.withLockedValue { $0 += again }
    }

    func takeAll() -> [GlobusJob] {
        waiting.withLockedValue { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
