import NIOConcurrencyHelpers
import RLSCore

/// A file for globus-url-copy.
struct GlobusJob: Sendable {
    let request: TransferRequest
    let source: String
    let destination: String
    /// Bytes that are there already.
    let offset: Int64

    /// The program reads no longer ones from a list.
    private static let listed = 800

    /// It is given to a process of its own.
    var isSingle: Bool { offset > 0 || source.utf8.count > Self.listed || destination.utf8.count > Self.listed }

    var listLine: String { "\"\(source)\" \"\(destination)\"\n" }

    /// nil for one whose fate is known without a transfer.
    static func prepare(
        _ request: TransferRequest, _ settings: TransferSettings, _ deliveries: Deliveries
    ) -> GlobusJob? {
        do throws(TransferFailure) {
            let source = try SourceURL(request.source)
            // Some server might take what follows it for another command.
            guard ["gsiftp", "ftp", "sshftp"].contains(source.scheme), !source.decodedPath.contains(where: isForbidden)
            else { throw SourceURL.unsupported(request.source, "is nothing that globus-url-copy can fetch") }
            let offset: Int64
            switch try PartialFile.prepare(request, settings) {
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
    private let lanes: Int
    private let limit: Int

    init(_ jobs: [GlobusJob], lanes: Int, limit: Int) {
        // From the end, where it costs nothing to take; those that are continued come first.
        waiting = NIOLockedValueBox((jobs.filter(\.isSingle) + jobs.filter { !$0.isSingle }).reversed())
        self.lanes = lanes
        self.limit = max(1, limit)
    }

    /// For one process. The more lanes, the smaller: that all end at the same time.
    func next() -> [GlobusJob] {
        waiting.withLockedValue { waiting in
            guard let first = waiting.popLast() else { return [] }
            var batch = [first]
            let share = lanes == 1 ? waiting.count + 1 : max(8, waiting.count / (2 * lanes))
            while !first.isSingle, batch.count < min(share, limit), let next = waiting.last, !next.isSingle {
                batch.append(next)
                waiting.removeLast()
            }
            return batch
        }
    }

    /// Before all others.
    func putBack(_ jobs: some BidirectionalCollection<GlobusJob>) {
        waiting.withLockedValue { $0 += jobs.reversed() }
    }

    func takeAll() -> [GlobusJob] {
        waiting.withLockedValue { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
