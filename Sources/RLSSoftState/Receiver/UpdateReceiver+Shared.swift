import Logging
import NIOConcurrencyHelpers
import RLSCore
import RLSStorage

extension UpdateReceiver {
    /// Takes over what other servers have done to senders of lists. Waits for the store, but not for long.
    func followStore() throws(StorageError) {
        try shared?.follow { records, known in
            let now = index.clock.now
            let merge = index.table.withLockedValue { $0.merge(records, known: known, at: now) }
            for sender in merge.replaced { drop(sender) }
            let changes = merge.obsolete.map { IndexChange.removeSender($0) }
            if !changes.isEmpty { index.store?.submit(WriteRequest(changes) { _ in }) }
        }
    }

    /// Whether what is known of senders is what the store knows.
    func hasFollowedStore() -> Bool {
        guard let shared else { return true }
        do throws(StorageError) {
            try followStore()
            if shared.note(isDown: false) { logger.notice("senders are read again") }
            return true
        } catch {
            if shared.note(isDown: true) { logger.error("senders not read", metadata: ["cause": "\(error)"]) }
            return false
        }
    }
}
