import CPostgreSQL
import Foundation
import RLSStorage

/// One connection in pipeline mode: statements are sent one behind the other, and their results awaited together. What is sent
/// between two awaits is one transaction, unless it says BEGIN itself. Used by one thread at a time.
final class PostgreSQLConnection {
    private enum Expected {
        case preparation(String)
        case rows
    }

    private let handle: OpaquePointer
    private let settings: PostgreSQLSettings
    private var names: [String: String] = [:]
    private var expected: [Expected] = []
    private var number = 0
    /// Of no more use: its owner makes another.
    private(set) var isBroken = false
    /// Partitions of the database are on other servers.
    var isSpread = false

    /// Waits as long as the settings' `connect_timeout` for each host.
    init(_ settings: PostgreSQLSettings) throws(StorageError) {
        self.settings = settings
        handle = try Self.connect(settings)
        // Notices are for people at a prompt.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
            PQfinish(handle)
            throw StorageError(.unreachable, "\(settings.place): the connection is lost")
        }
    }

    deinit { PQfinish(handle) }

    private static func connect(_ settings: PostgreSQLSettings) throws(StorageError) -> OpaquePointer {
        let keywords = settings.parameters.map { strdup($0.keyword) } + [nil]
        let values = settings.parameters.map { strdup($0.value) } + [nil]
        defer { for text in keywords + values { free(text) } }
        let connected = keywords.map { UnsafePointer($0) }.withUnsafeBufferPointer { keywords in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                PQconnectdbParams(keywords.baseAddress, values.baseAddress, 0)
            }
        }
        guard let connected else { throw StorageError(.other, "\(settings.place): out of memory") }
        if PQstatus(connected) == CONNECTION_OK { return connected }
        defer { PQfinish(connected) }
        throw PostgreSQLErrors.connectionFailure(String(cString: PQerrorMessage(connected)), place: settings.place)
    }

    var isIdle: Bool { PQtransactionStatus(handle) == PQTRANS_IDLE }

    // MARK: Sending

    /// Queues a statement; `results` sends what is queued.
    func send(_ text: String, _ parameters: PostgreSQLParameters = PostgreSQLParameters()) throws(StorageError) {
        if settings.isPooled {
            let (isFirst, isBegin) = (expected.isEmpty, text.hasPrefix("BEGIN"))
            // A transaction's mode is set before anything else in it.
            if isFirst && !isBegin { try sendPlannerSettings() }
            try transmit(parameters) { types, values, lengths, formats in
                PQsendQueryParams(
                    handle, text, Int32(parameters.ends.count), types, values, lengths, formats, 1)
            }
            if isFirst && isBegin { try sendPlannerSettings() }
            return
        }
        let name: String
        if let known = names[text] { name = known } else { name = try prepare(text, parameters) }
        try transmit(parameters) { _, values, lengths, formats in
            PQsendQueryPrepared(handle, name, Int32(parameters.ends.count), values, lengths, formats, 1)
        }
    }

    /// Local to the transaction that follows: the session belongs to the pooler.
    private func sendPlannerSettings() throws(StorageError) {
        let calls = settings.sessionSettings.map { "set_config('\($0)', '\($1)', true)" }
        let text = "SELECT " + calls.joined(separator: ", ")
        try transmit(PostgreSQLParameters(), as: .preparation("")) { _, _, _, _ in
            PQsendQueryParams(handle, text, 0, nil, nil, nil, nil, 1)
        }
    }

    private func prepare(_ text: String, _ parameters: PostgreSQLParameters) throws(StorageError) -> String {
        number += 1
        let name = "s\(number)"
        let types = parameters.types.map(\.rawValue)
        guard PQsendPrepare(handle, name, text, Int32(types.count), types) == 1 else { throw lost() }
        expected.append(.preparation(text))
        names[text] = name
        return name
    }

    private typealias Transmit = (
        UnsafePointer<Oid>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) -> Int32

    private func transmit(
        _ parameters: PostgreSQLParameters, as kind: Expected = .rows, _ call: Transmit
    ) throws(StorageError) {
        let types = parameters.types.map(\.rawValue)
        let formats = [Int32](repeating: 1, count: types.count)
        var lengths: [Int32] = []
        var starts: [Int] = []
        for end in parameters.ends {
            let start = lengths.isEmpty ? 0 : parameters.ends[lengths.count - 1]
            starts.append(start)
            lengths.append(Int32(end - start))
        }
        // A null pointer would be NULL, not an empty value.
        let bytes = parameters.bytes.isEmpty ? [0] : parameters.bytes
        let sent = bytes.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = starts.map { start in base.map { $0 + min(start, bytes.count - 1) } }
            return call(types, values, lengths, formats)
        }
        guard sent == 1 else { throw lost() }
        expected.append(kind)
    }

    // MARK: Results

    /// Sends what is queued and waits for all of it.
    /// - Returns: a result for each statement, in order
    func results(by deadline: Deadline) throws(StorageError) -> [PostgreSQLResult] {
        guard PQpipelineSync(handle) == 1 else { throw lost() }
        var results: [PostgreSQLResult] = []
        var failure: StorageError?
        let awaited = expected
        expected = []
        for item in awaited {
            let result = try next(by: deadline)
            let isGood = result.status == PGRES_TUPLES_OK || result.status == PGRES_COMMAND_OK
            switch item {
            case .preparation(let text): if !isGood { names[text] = nil }
            case .rows: results.append(result)
            }
            if !isGood && failure == nil && result.status != PGRES_PIPELINE_ABORTED {
                failure = error(of: result)
            }
            // Between two results libpq gives a null.
            if try take(by: deadline) != nil {
                throw broken(StorageError(.other, "\(settings.place): unexpected result"))
            }
        }
        let end = try next(by: deadline)
        guard end.status == PGRES_PIPELINE_SYNC else {
            // A server that stops says so in place of what was awaited.
            throw broken(failure ?? error(of: end))
        }
        if let failure { throw failure }
        return results
    }

    private func error(of result: PostgreSQLResult) -> StorageError {
        // libpq's own error, not the server's.
        if result.state.isEmpty { return lost() }
        let error = PostgreSQLErrors.error(result.state, result.message, place: settings.place)
        // The server ends the session, or is not the one to talk to any more.
        if error.reason == .unreachable || error.reason == .readOnly { isBroken = true }
        return error
    }

    private func next(by deadline: Deadline) throws(StorageError) -> PostgreSQLResult {
        guard let result = try take(by: deadline) else { throw lost() }
        return result
    }

    /// nil at the end of one statement's results.
    private func take(by deadline: Deadline) throws(StorageError) -> PostgreSQLResult? {
        while true {
            let unsent = PQflush(handle)
            if unsent < 0 { throw lost() }
            if unsent == 0 && PQisBusy(handle) == 0 { return PQgetResult(handle).map { PostgreSQLResult($0) } }
            try wait(toWrite: unsent == 1, by: deadline)
            if PQconsumeInput(handle) == 0 { throw lost() }
        }
    }

    private func wait(toWrite: Bool, by deadline: Deadline) throws(StorageError) {
        var socket = pollfd(
            fd: PQsocket(handle), events: Int16(POLLIN) | (toWrite ? Int16(POLLOUT) : 0), revents: 0)
        let ready = poll(&socket, 1, deadline.milliseconds)
        if ready > 0 || (ready < 0 && errno == EINTR) { return }
        if deadline.isPast || ready < 0 {
            throw broken(StorageError(.timedOut, "\(settings.place): no answer in time; look at its load and locks"))
        }
    }

    private func lost() -> StorageError {
        broken(PostgreSQLErrors.connectionFailure(String(cString: PQerrorMessage(handle)), place: settings.place))
    }

    private func broken(_ error: StorageError) -> StorageError {
        isBroken = true
        return error
    }
}

extension PostgreSQLConnection {
    /// A statement and its result, behind those that are queued.
    func query(
        _ text: String, _ parameters: PostgreSQLParameters = PostgreSQLParameters(), by deadline: Deadline
    ) throws(StorageError) -> PostgreSQLResult {
        try send(text, parameters)
        let results = try results(by: deadline)
        guard let result = results.last else { throw StorageError(.other, "no result") }
        return result
    }

    /// Ends what a failure has left open.
    func rollback(by deadline: Deadline) {
        if isBroken { return }
        if !isIdle, (try? query("ROLLBACK", by: deadline)) == nil { isBroken = true }
    }
}
