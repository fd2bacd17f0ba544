import CSQLite
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import RLSStorage
import Synchronization

/// Moves committed pages from the write-ahead log into the database file, mostly beside the writer.
///
/// The log starts over only when all of it has been moved, which never happens while a busy writer appends. So a second
/// thread moves the bulk, and then the writer itself, between two commits, the little that came meanwhile.
///
/// `@unchecked Sendable`: `writer` is touched on the writer's thread only, `helper` on the pool's one thread only.
final class SQLiteCheckpointer: @unchecked Sendable {
    /// Pages in the log (8 KiB each) at which the second thread starts, and at which the writer does not wait for it.
    private static let startPages = 2_000
    private static let forcePages = 32_768

    private enum Progress {
        case none
        case running
        case nearlyDone
    }

    private let writer: SQLiteConnection
    private let helper: SQLiteConnection
    private let logger: Logger
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let progress = NIOLockedValueBox(Progress.none)
    private let logPages = Atomic<Int>(0)

    init(writer: SQLiteConnection, helper: SQLiteConnection, logger: Logger) {
        self.writer = writer
        self.helper = helper
        self.logger = logger
        thread.start()
        let context = Unmanaged.passUnretained(self).toOpaque()
        // Also turns SQLite's own checkpoint at commit off. The connection is closed before this object goes.
        sqlite3_wal_hook(
            writer.handle,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                let own = Unmanaged<SQLiteCheckpointer>.fromOpaque(context).takeUnretainedValue()
                own.logPages.store(Int(pages), ordering: .relaxed)
                return SQLITE_OK
            }, context)
    }

    /// On the writer's thread, after each commit.
    func committed() {
        let pages = logPages.load(ordering: .relaxed)
        if pages < Self.startPages { return }
        let action = progress.withLockedValue { progress -> Progress in
            let found = progress
            progress = found == .none ? .running : found == .nearlyDone ? .none : .running
            return found
        }
        switch action {
        case .none: thread.submit { _ in self.moveBulk() }
        case .nearlyDone: move(writer)
        case .running: if pages > Self.forcePages { move(writer) }
        }
    }

    /// On the writer's thread, when nothing is waiting.
    func becameIdle() {
        let isDue = progress.withLockedValue { progress in
            defer { if progress == .nearlyDone { progress = .none } }
            return progress == .nearlyDone
        }
        if isDue { move(writer) }
    }

    private func moveBulk() {
        move(helper)
        progress.withLockedValue { $0 = .nearlyDone }
    }

    private func move(_ connection: SQLiteConnection) {
        let code = sqlite3_wal_checkpoint_v2(connection.handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        // Busy: the other thread or a reader is in the way. The next one will do.
        if code != SQLITE_OK && code != SQLITE_BUSY {
            logger.error("checkpoint failed", metadata: ["cause": "\(connection.error(code))"])
        }
    }

    /// After the last commit, on any thread: the writer has stopped.
    func shutdown() {
        try? thread.syncShutdownGracefully()
        sqlite3_wal_hook(writer.handle, nil, nil)
        if sqlite3_wal_checkpoint_v2(writer.handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil) != SQLITE_OK {
            logger.notice(
                "the log stays beside the database; the next start reads it", metadata: ["file": "\(writer.path)"])
        }
    }
}
