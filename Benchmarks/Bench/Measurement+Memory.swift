/// Slopes between sizes: what a pod or a namespace more takes.
extension Measurement {
    func memory(_ report: inout Report, _ whole: [ProcessFigures], furtherPods pods: Int) async throws {
        var fewerPods: [ProcessFigures] = []
        var moreNamespaces: [ProcessFigures] = []
        for run in 1...runs {
            fewerPods.append(
                try await startOfOperator(
                    on: Copy.fewerPods,
                    size,
                    "operator with half of the pods, run \(run) of \(runs)"
                ).figures
            )
            moreNamespaces.append(
                try await startOfOperator(
                    on: Copy.moreNamespaces,
                    Size(namespaces: 3 * size.namespaces, pods: size.pods),
                    "operator with three times the namespaces, run \(run) of \(runs)"
                ).figures
            )
        }
        func slope(_ less: [ProcessFigures], _ more: [ProcessFigures], _ count: Int, _ of: (ProcessFigures) -> Double)
            -> Figures
        {
            Figures(zip(less, more).map { (of($1) - of($0)) / Double(count) })
        }
        let namespaces = 2 * size.namespaces
        report.rows += [
            Row(
                "bytes-per-pod",
                "memory per further pod",
                .bytes,
                slope(fewerPods, whole, pods) { $0.anonymousBytes },
                goal: Goals.bytesPerPod
            ),
            Row(
                "peak-per-pod",
                "peak memory per further pod",
                .bytes,
                slope(fewerPods, whole, pods) { $0.peakBytes },
                goal: Goals.bytesPerPod
            ),
            Row(
                "bytes-per-namespace",
                "memory per further namespace",
                .bytes,
                slope(whole, moreNamespaces, namespaces) { $0.anonymousBytes },
                goal: Goals.bytesPerNamespace
            ),
            Row(
                "peak-per-namespace",
                "peak memory per further namespace",
                .bytes,
                slope(whole, moreNamespaces, namespaces) { $0.peakBytes },
                goal: Goals.bytesPerNamespace
            ),
        ]
    }
}
