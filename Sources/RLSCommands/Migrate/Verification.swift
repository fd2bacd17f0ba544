import Foundation
import NIOConcurrencyHelpers
import RLSCore
import RLSStorage

/// What a comparison of source and target has shown.
enum Verification: Sendable, Hashable {
    case compared(from: CatalogSummary, to: CatalogSummary)
    /// Of a target that may hold more.
    case contained(Containment)

    var isEqual: Bool {
        switch self {
        case .compared(let from, let to): from == to
        case .contained(let containment): containment.missing.count == 0
        }
    }
}

/// Compares source and target, each read from its beginning.
struct Verifier {
    let from: CatalogPlace
    let to: CatalogPlace
    let progress: MigrationProgress
    let interruption: InterruptionFlag

    /// - Parameter skipped: what the target cannot hold
    func compare(_ skipped: inout Skipped) throws -> Verification {
        let source = try from.makeSource()
        let estimate = try source.estimatedMappings()
        progress.begin("comparing mappings", total: estimate.map { $0 * 2 })
        // The two do not wait for each other.
        let other = OwnThread { [to, self] in
            var nothing = Skipped()
            return try CatalogSummary(try to.makeSource(), &nothing) { visited($0) }
        }
        let mine = Result { try CatalogSummary(source, &skipped) { visited($0) } }
        let theirs = try other.wait()
        try checkInterruption()
        return .compared(from: try mine.get(), to: theirs)
    }

    func lookUp(_ skipped: inout Skipped) throws -> Verification {
        guard let reader = try to.makeReader?() else { throw MigrationError("the target cannot be looked into") }
        let source = try from.makeSource()
        progress.begin("looking up mappings", total: try source.estimatedMappings())
        let found = try Containment(of: source, in: reader, &skipped) { visited($0) }
        try checkInterruption()
        return .contained(found)
    }

    private func visited(_ count: Int) -> Visit {
        progress.advance(count)
        return interruption.isRaised ? .stop : .next
    }

    private func checkInterruption() throws(MigrationError) {
        if interruption.isRaised { throw MigrationError("interrupted") }
    }
}

/// Blocking work on a thread of its own.
final class OwnThread<Value: Sendable>: Sendable {
    private let outcome = NIOLockedValueBox<Result<Value, any Error>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    init(_ work: @escaping @Sendable () throws -> Value) {
        Thread.detachNewThread { [outcome, done] in
            let result = Result { try work() }
            outcome.withLockedValue { $0 = result }
            done.signal()
        }
    }

    /// To be called once.
    func wait() throws -> Value {
        done.wait()
        guard let result = outcome.withLockedValue({ $0 }) else { throw MigrationError("no result") }
        return try result.get()
    }
}
