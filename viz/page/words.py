WORDS = {"en": {"ordinals": "en", "texts": {
"start":"Start","forward":"Forward","seed":"Backward starts","backward":"Backward",
"first":"First step (Home)","back":"One step back (left arrow)","play":"Play (space)","pause":"Pause (space)","next":"One step on (right arrow)","last":"Last step (End)",
"zoom_in":"Zoom in","zoom_out":"Zoom out","fit":"The whole picture","step":"Step","granularity":"One step is","by_edge":"an edge","by_node":"a node","by_neuron":"a neuron","by_layer":"a layer",
"mode_predict":"Predict, then reveal","search":"Find a node (/)","language":"Language","stepper":"Step through the computation","alternative":"The computation graph",
"ask":"What is {what}?","check":"Check","reveal":"Reveal","score":"{right} of {count} right","what_if":"What if? Drag a leaf: everything follows","reset":"Reset",
"start_sentence":"The leaves have their values; nothing is computed yet.","seed_sentence":"the gradient of the output by itself is 1","two_paths":"{name} is used {count} times here: its gradient is the sum over the paths.",
"ledger_title":"What pays into {name}","nth_of":"{nth} of {count}","from":"from","paid":"paid","total":"sum","and_more":"… and {count} more","sampled":"sampled","summed":"summed over the axes that broadcasting repeated: {axes}",
"contributes_title":"Who contributes to {name}?","goes_title":"Where does {name} go?","leaf":"nobody: it is a leaf","nobody":"nowhere: it is the output",
"correct":"Right.","wrong_number":"Not that number.","wrong_sign":"The sign is wrong.","missing_factor":"That is only what arrives at {node}: multiply by the local slope {ratio}.","missing_upstream":"That is only the local slope: multiply by what arrives at {node}.","missing_path":"The path through {node} is missing.","assign":"= for +=: {before} was there already.","other_input":"That is the contribution to {name}.","not_a_number":"A number, please: −4, 0.25, 1/4."}}}
