import Foundation
import Synchronization

/// Notes that the user pressed Ctrl-C, for work that ends between two steps; pressed again, the program ends at once.
final class Interruption {
    private let source: any DispatchSourceSignal
    let flag = InterruptionFlag()

    init() {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        let flag = self.flag
        source.setEventHandler {
            flag.raise()
            signal(SIGINT, SIG_DFL)
        }
        source.resume()
    }

    deinit {
        source.cancel()
        signal(SIGINT, SIG_DFL)
    }

    var isRequested: Bool { flag.isRaised }
}

/// Set once, from any thread.
final class InterruptionFlag: Sendable {
    private let value = Atomic<Bool>(false)

    func raise() { value.store(true, ordering: .relaxed) }
    var isRaised: Bool { value.load(ordering: .relaxed) }
}
