import NIOConcurrencyHelpers
import RLSCore
import Synchronization

/// The configuration of a running server: read by many, changed by SIGHUP and set_configuration.
package final class LiveConfiguration: Sendable {
    package struct Refusal: Error, CustomStringConvertible, Sendable {
        package let description: String
    }

    private let value: NIOLockedValueBox<ServerConfiguration>
    private let changes = Atomic<Int>(0)

    private let onChange: @Sendable (ServerConfiguration) -> Void

    /// - Parameter onChange: told of every change, after it
    package init(
        _ configuration: ServerConfiguration, onChange: @escaping @Sendable (ServerConfiguration) -> Void = { _ in }
    ) {
        value = NIOLockedValueBox(configuration)
        self.onChange = onChange
    }

    package var current: ServerConfiguration { value.withLockedValue { $0 } }
    /// Rises with every change: cheap to compare on each request.
    package var generation: Int { changes.load(ordering: .acquiring) }

    /// Changes one reloadable option. Several access lines are separated with `;`.
    package func set(_ key: String, to text: String) throws(Refusal) {
        guard let option = ServerOptions.option(key) else { throw Refusal(description: "unknown option") }
        guard option.isReloadable else { throw Refusal(description: "takes effect at the next start only") }
        var fresh = ServerConfiguration()
        do {
            let parts = option.isRepeatable ? text.split(separator: ";").map { $0.trimmedBlanks } : [text]
            for part in parts where !part.isEmpty || !option.isRepeatable { try option.set(&fresh, part) }
        } catch {
            throw Refusal(description: "\(error)")
        }
        // Without any line everyone would be let in where there is no authentication: that takes a restart.
        if option.isRepeatable && option.get(fresh).isEmpty {
            throw Refusal(description: "at least one line is needed")
        }
        value.withLockedValue { option.copy(fresh, &$0) }
        announceChange()
    }

    /// Takes over what is reloadable; returns the keywords that differ and need a restart.
    package func reload(_ fresh: ServerConfiguration) -> [String] {
        let needRestart = value.withLockedValue { current in
            let fixed = ServerOptions.all.filter { !$0.isReloadable && $0.get(current) != $0.get(fresh) }.map(\.key)
            for option in ServerOptions.all where option.isReloadable { option.copy(fresh, &current) }
            return fixed
        }
        announceChange()
        return needRestart
    }

    private func announceChange() {
        changes.add(1, ordering: .releasing)
        onChange(current)
    }
}
