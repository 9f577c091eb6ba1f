from segmentation.run import main

main()
