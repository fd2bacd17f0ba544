import NIOCore
import RLSStorage

/// What became of one turn of a producer.
enum ReplyTurn: Sendable {
    case done(ByteBuffer, PageContinuation?)
    case more(ByteBuffer, any ReplyProducer)
    case failed(ReplyFailure)
}

extension ReplyProducer {
    /// One turn, on a thread that may wait.
    func turn(_ readers: RoleReaders) -> ReplyTurn {
        var (rest, bytes) = (self, ByteBuffer())
        do throws(ReplyFailure) {
            let progress = try rest.produce(readers, into: &bytes)
            return progress == .done ? .done(bytes, rest.continuation) : .more(bytes, rest)
        } catch { return .failed(error) }
    }

    /// One turn, with what it needs read ahead for it alone.
    func loneTurn(_ readers: RoleReaders) -> ReplyTurn {
        do throws(StorageError) { try readers.prefetch { addNeeds(to: &$0) } } catch { return .failed(.failed(error)) }
        return turn(readers)
    }
}
