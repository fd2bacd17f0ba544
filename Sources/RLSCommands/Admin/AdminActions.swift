import RLSClient
import RLSCore
import RLSWire

/// What rls-admin does, printed as the original prints it.
struct AdminActions {
    let session: CLISession
    /// The updates meant are those that the server sends as an index.
    let asIndex: Bool

    private var output: Output { session.output }

    func perform(_ request: AdminRequest) async throws {
        switch request {
        case .ping: try await ping()
        case .quit: try await command(.quit)
        case .clear: try await call(Methods.clear, NoArguments())
        case .update: try await command(.startSoftStateUpdates)
        case .stats: try await StatsReport(session: session).run()
        case .status: try await StatusReport(session: session).run()
        case .show(let option): try await show(option)
        case .change(let option, let value):
            try await call(Methods.setConfiguration, WordPairArguments(ByteString(option), ByteString(value)))
        case .add(let server, let flags): try await updates.add(server, flags: flags)
        case .remove(let server): try await updates.remove(server)
        case .list(let server): try await updates.list(server)
        }
    }

    private var updates: UpdatedServers { UpdatedServers(session: session, asIndex: asIndex) }

    private func call<Arguments>(_ method: Method<Arguments, NoResult>, _ arguments: Arguments) async throws {
        _ = try await session.client.connection.call(method, arguments)
    }

    private func command(_ command: AdminCommandCode) async throws {
        try await call(Methods.admin, WordArguments("\(command.rawValue)"))
    }

    private func ping() async throws {
        let began = ContinuousClock.now
        try await command(.ping)
        let elapsed = (ContinuousClock.now - began) / .seconds(1)
        output.note("ping \(session.address): \(Int(elapsed)) seconds")
        if output.style == .json {
            output.result(
                "", [("server", .bytes(ByteString(session.address.description))), ("seconds", .literal("\(elapsed)"))])
        }
    }

    /// `  name                     value`
    private func show(_ option: String) async throws {
        let arguments = WordArguments(ByteString(option))
        let pairs = try await session.client.connection.call(Methods.getConfiguration, arguments).items
        for pair in pairs {
            let name = pair.first.description
            let gap = String(repeating: " ", count: max(1, 25 - name.count))
            output.result(ByteString(name + gap) + pair.second, [(name, .bytes(pair.second))])
        }
        if pairs.first?.second == "unknown option" && option != "all" { throw UnknownOption(name: option) }
    }
}

struct UnknownOption: Error, CustomStringConvertible {
    let name: String
    var description: String { "\(name): the server knows no such option; `-c all` lists them" }
}
